// Checks are cut into shards at random. Merging the shards must give what one
// run gives.

#include "harness/cli/report/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/base/prng.h"
#include "tests/harness/cli/checking.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

// All that a user sees of a report: the text of every workload, and the JSON.
std::string Shown(Report report) {
  std::string text;
  ExitStatus status = kExitCannotRun;
  for (CheckedWorkload& checked : report.workloads) {
    const Conclusion conclusion = Conclude(checked, {});
    status = WorseStatus(status, conclusion.status);
    text += conclusion.text;
    checked.elapsed_s = 0;
    // Each shard makes runs and canaries of its own.
    checked.exploration.recoveries = {};
  }
  report.verdict = VerdictOf(status);
  return fmt::format("{}{}status {}\n", text, JsonReport(report),
                     static_cast<int>(status));
}

// The reports of all shards as `merge` gets them: written and read again.
std::vector<NamedReport> ShardsOf(const SimfsScene& scene,
                                  ExploreOptions options, uint32_t count) {
  std::vector<NamedReport> shards;
  for (uint32_t index = 1; index <= count; ++index) {
    options.shard = {index, count};
    const std::string name = fmt::format("r{}.json", index);
    Result<Report> report = ReadReport(JsonReport(scene.Check(options)), name);
    EXPECT_TRUE(report) << report.error().message;
    shards.push_back({name, std::move(*report)});
  }
  return shards;
}

void Shuffle(std::vector<NamedReport>& shards, Prng& prng) {
  for (size_t i = shards.size(); i > 1; --i) {
    std::swap(shards[i - 1], shards[prng.Below(i)]);
  }
}

std::string MustMerge(std::vector<NamedReport> shards) {
  Result<Report> merged = MergeReports(std::move(shards));
  EXPECT_TRUE(merged) << merged.error().message;
  return merged ? Shown(std::move(*merged)) : "";
}

std::string MergeError(std::vector<NamedReport> shards) {
  const Result<Report> merged = MergeReports(std::move(shards));
  EXPECT_FALSE(merged);
  return merged ? "" : merged.error().message;
}

TEST(MergeTest, AnyNumberOfShardsIsOneRun) {
  Prng prng(1);
  const std::string spaces[] = {"prefix", "epoch:1", "epoch:1+torn:1",
                                "sample:6", "exhaustive"};
  size_t causes = 0;
  size_t states = 0;
  for (size_t bug = 0; bug <= kSimfsBugCount; ++bug) {
    SimfsBugs bugs;
    if (bug < kSimfsBugCount) bugs.insert(static_cast<SimfsBug>(bug));
    const SimfsScene scene(bugs);
    const std::string& space = spaces[prng.Below(std::size(spaces))];
    // There are 24 crash points.
    const auto count = static_cast<uint32_t>(1 + prng.Below(30));
    SCOPED_TRACE(fmt::format("bug {} {} in {}", bug, space, count));
    ExploreOptions options = ListingOptions(space);
    options.seed = prng.Below(1000);
    const Report one = scene.Check(options);
    for (const Finding& f : one.workloads[0].exploration.findings) {
      ++causes;
      states += f.states.size();
    }
    std::vector<NamedReport> shards = ShardsOf(scene, options, count);
    Shuffle(shards, prng);
    EXPECT_EQ(MustMerge(std::move(shards)), Shown(one));
  }
  // The test must have had findings to merge.
  EXPECT_GT(causes, 15u);
  EXPECT_GT(states, 300u);
}

// The simplest finding of a cause is shown, whichever shard found it.
TEST(MergeTest, SimplestOfEachCauseIsShown) {
  const auto finding = [](uint64_t lost, const std::string& id) {
    Finding f;
    f.violation.cause = "lost/written/append/sync";
    f.lost_blocks = lost;
    f.id = id + "@00000000";
    f.states = {f.id};
    f.found_at = {id};
    return f;
  };
  // In ascending order. Texts are compared without the digest at their end.
  const Finding ordered[] = {finding(0, "90p"),         finding(1, "9.1p-w7"),
                             finding(1, "9.10o-w7"),    finding(1, "9.10p-w4"),
                             finding(1, "9.10p-w4,w5"), finding(1, "10k-w4"),
                             finding(2, "3p-w1")};
  for (const Finding& less : ordered) {
    for (const Finding& more : ordered) {
      if (&less >= &more) continue;
      for (const bool swapped : {false, true}) {
        std::vector<NamedReport> shards(2);
        for (uint32_t i = 0; i < 2; ++i) {
          Report& report = shards[i].report;
          report.shard = {i + 1, 2};
          CheckedWorkload checked;
          checked.shard = report.shard;
          checked.exploration.findings = {(i == 0) == swapped ? more : less};
          report.workloads = {checked};
        }
        const Result<Report> merged = MergeReports(std::move(shards));
        ASSERT_TRUE(merged);
        const auto& findings = merged->workloads[0].exploration.findings;
        ASSERT_EQ(findings.size(), 1u);
        EXPECT_EQ(findings[0].id, less.id) << more.id;
        EXPECT_EQ(findings[0].count, 2u);
        EXPECT_EQ(findings[0].states.size(), 2u);
        EXPECT_EQ(findings[0].found_at.size(), 2u);
      }
    }
  }
}

// A report of one shard with these causes of a check, one state each, of which
// it shows the first ones, as an exploration does.
NamedReport ShardWithCauses(uint32_t index, const std::set<int>& numbers) {
  NamedReport shard;
  shard.name = fmt::format("r{}.json", index);
  shard.report.shard = {index, 2};
  CheckedWorkload checked;
  checked.shard = shard.report.shard;
  Exploration& e = checked.exploration;
  for (const int number : numbers) {
    const std::string cause =
        fmt::format("check/volume/start/ack/exit-1/word{:03}", number);
    if (e.findings.size() >= kCausesShownMax) {
      e.unshown.push_back({cause, 1});
      continue;
    }
    Finding f;
    f.violation.kind = ViolationKind::kCheck;
    f.violation.cause = cause;
    f.id = fmt::format("{}p@00000000", index);
    e.findings.push_back(std::move(f));
  }
  shard.report.workloads = {checked};
  return shard;
}

// The bound on causes gives the same for shards as for the whole.
TEST(MergeTest, CausesBeyondTheBoundAreCounted) {
  std::set<int> odd;
  std::set<int> small;
  std::set<int> all;
  for (int i = 0; i < 300; ++i) {
    if (i % 2 == 1) odd.insert(i);
    if (i < 130) small.insert(i);
    if (i % 2 == 1 || i < 130) all.insert(i);
  }
  const Result<Report> merged =
      MergeReports({ShardWithCauses(1, odd), ShardWithCauses(2, small)});
  ASSERT_TRUE(merged);
  const Exploration& e = merged->workloads[0].exploration;
  const Exploration one =
      ShardWithCauses(1, all).report.workloads[0].exploration;
  ASSERT_EQ(e.findings.size(), kCausesShownMax);
  for (size_t i = 0; i < kCausesShownMax; ++i) {
    const Finding& f = e.findings[i];
    EXPECT_EQ(f.violation.cause, one.findings[i].violation.cause);
    EXPECT_EQ(f.count, i % 2 == 1 ? 2u : 1u) << f.violation.cause;
  }
  ASSERT_EQ(e.unshown.size(), one.unshown.size());
  uint64_t states = 0;
  for (size_t i = 0; i < one.unshown.size(); ++i) {
    EXPECT_EQ(e.unshown[i].cause, one.unshown[i].cause);
    states += e.unshown[i].count;
  }
  // The odd ones below 130 are in both shards.
  EXPECT_EQ(states, 150u + 130 - 150);
}

// How many states have each cause, whether the report shows the cause or not.
using Counts = std::map<std::string, uint64_t>;

Counts CountsOf(const Exploration& e) {
  Counts counts;
  for (const Finding& f : e.findings) counts[f.violation.cause] += f.count;
  for (const UnshownCause& one : e.unshown) counts[one.cause] += one.count;
  return counts;
}

// Causes that are shown by both shards, by one of them or by neither.
TEST(MergeTest, NoStateOfACauseIsLostOrCountedTwice) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Prng prng(seed);
    std::vector<NamedReport> shards;
    Counts expected;
    for (const uint32_t index : {1u, 2u}) {
      std::set<int> numbers;
      while (numbers.size() < 80 + seed * 5) {
        numbers.insert(static_cast<int>(prng.Below(300)));
      }
      shards.push_back(ShardWithCauses(index, numbers));
      Exploration& e = shards.back().report.workloads[0].exploration;
      for (Finding& f : e.findings) f.count = 1 + prng.Below(5);
      for (UnshownCause& one : e.unshown) one.count = 1 + prng.Below(5);
      for (const auto& [cause, count] : CountsOf(e)) expected[cause] += count;
    }
    const Result<Report> merged = MergeReports(std::move(shards));
    ASSERT_TRUE(merged);
    ASSERT_EQ(CountsOf(merged->workloads[0].exploration), expected) << seed;
  }
}

// While a cause was not confirmed nothing holds, unless it is known.
TEST(MergeTest, CausesThatAreNotShownAreNotHeld) {
  std::set<int> all;
  for (int i = 0; i < 102; ++i) all.insert(i);
  CheckedWorkload checked = ShardWithCauses(1, all).report.workloads[0];
  checked.shard = {};
  std::set<std::string> baseline;
  for (const Finding& f : checked.exploration.findings) {
    baseline.insert(f.violation.cause);
  }
  EXPECT_EQ(Conclude(checked, {}).status, kExitViolation);
  const Conclusion conclusion = Conclude(checked, baseline);
  EXPECT_EQ(conclusion.status, kExitUnknown);
  EXPECT_THAT(conclusion.text, HasSubstr(": 2 more causes, not confirmed"));
  for (const UnshownCause& one : checked.exploration.unshown) {
    baseline.insert(one.cause);
  }
  EXPECT_EQ(Conclude(checked, baseline).status, kExitHolds);
}

TEST(MergeTest, ExpectationsSpeakOfTheWhole) {
  const SimfsScene clean({});
  // No shard finds what the file expects. A shard does not say so, the merged
  // report does.
  const ExploreOptions options = ListingOptions("epoch:1");
  std::vector<NamedReport> shards = ShardsOf(clean, options, 3);
  for (NamedReport& shard : shards) {
    EXPECT_EQ(shard.report.verdict, "ok");
    EXPECT_THAT(Conclude(shard.report.workloads[0], {}).text,
                HasSubstr("; shard "));
  }
  EXPECT_THAT(MustMerge(shards),
              HasSubstr("test.pcut:22: expected violation lost /d/c was not "
                        "found\n"));
}

TEST(MergeTest, UnfinishedShardLeavesItUnknown) {
  const SimfsScene scene({});
  ExploreOptions options = ListingOptions("epoch:1");
  std::vector<NamedReport> shards = ShardsOf(scene, options, 3);
  const auto with_bound = [&](size_t index, const std::string& bound) {
    std::vector<NamedReport> some = shards;
    Report& report = some[index].report;
    Exploration& e = report.workloads[0].exploration;
    e.exhausted = false;
    e.bound = bound;
    e.interrupted = report.interrupted = bound == "interrupted";
    return some;
  };
  std::string shown = MustMerge(with_bound(1, "--max-runs 5"));
  EXPECT_THAT(shown, HasSubstr("; not exhausted: --max-runs 5\n"));
  EXPECT_THAT(shown, HasSubstr("status 2\n"));
  shown = MustMerge(with_bound(2, "interrupted"));
  EXPECT_THAT(shown, HasSubstr("; not exhausted: interrupted\n"));
  EXPECT_THAT(shown, HasSubstr("status 130\n"));
  // If a shard was interrupted before it came to a workload, the results of the
  // others are kept.
  std::vector<NamedReport> some = shards;
  some[0].report.interrupted = true;
  some[0].report.workloads.clear();
  shown = MustMerge(some);
  EXPECT_THAT(shown, HasSubstr("test.pcut: unknown"));
  EXPECT_THAT(shown, HasSubstr("; not exhausted: interrupted\n"));
  // A shard that ran to its end must have all workloads.
  some[0].report.interrupted = false;
  EXPECT_THAT(MergeError(some),
              HasSubstr("r1.json: 0 workloads, but 1 in r2.json: not shards"));
}

TEST(MergeTest, EveryShardOnce) {
  const SimfsScene scene({});
  const auto shards = ShardsOf(scene, ListingOptions("prefix"), 4);
  std::vector<NamedReport> some = {shards[3], shards[0], shards[1]};
  EXPECT_EQ(MergeError(some), "shard 3/4 is missing");
  EXPECT_EQ(MergeReports(some).error().code, ErrorCode::kMissing);
  EXPECT_EQ(MergeError({shards[1]}), "shards 1/4, 3/4, 4/4 are missing");
  some = shards;
  some.push_back({"again.json", shards[1].report});
  EXPECT_EQ(MergeError(some),
            "shard 2/4 is there twice: r2.json and again.json");
  some = shards;
  some[2].report.shard = some[2].report.workloads[0].shard = {3, 5};
  EXPECT_EQ(MergeError(some),
            "r3.json: number of shards '5', but '4' in r1.json: not shards of "
            "one check");
  NamedReport far = shards[1];
  far.report.shard.count = 4'000'000'000;
  EXPECT_THAT(MergeError({far}), HasSubstr("10/4000000000, 11/4000000000 and "
                                           "3999999989 more are missing"));
}

TEST(MergeTest, ShardsOfDifferentChecks) {
  const SimfsScene scene({});
  const auto shards = ShardsOf(scene, ListingOptions("prefix"), 2);
  using Change = void (*)(Report&, CheckedWorkload&);
  const std::pair<Change, std::string> kChanges[] = {
      {[](Report& r, CheckedWorkload&) { r.seed = 9; }, "seed '9', but '1'"},
      {[](Report& r, CheckedWorkload&) { r.version = "9"; }, "version '9'"},
      {[](Report&, CheckedWorkload& w) { w.file = "x"; }, "x: file 'x'"},
      {[](Report&, CheckedWorkload& w) { w.pcut_hash[0] = '0'; }, ".pcut '05"},
      {[](Report&, CheckedWorkload& w) { w.backend = "x"; }, "backend 'x'"},
      {[](Report&, CheckedWorkload& w) { w.profile = "x"; }, "profile 'x'"},
      {[](Report&, CheckedWorkload& w) { w.crash_kinds.pop_back(); },
       "--crash 'process,os'"},
      {[](Report&, CheckedWorkload& w) { w.space.torn = 3; },
       "--space 'prefix+torn:3'"},
      {[](Report&, CheckedWorkload& w) { w.atomic_bytes = 1; }, "--atomic '1'"},
      {[](Report&, CheckedWorkload& w) { w.nested = 1; },
       "--nested '1', but '0'"},
      {[](Report&, CheckedWorkload& w) {
         w.exploration.copied = CopyMode::kAsRead;
       },
       "--copied 'read', but 'filled'"},
      {[](Report&, CheckedWorkload& w) { w.exploration.parts_apart = 3; },
       "--parts 'apart', but 'together'"},
      {[](Report&, CheckedWorkload& w) { w.probe = true; }, "--probe 'on'"},
      {[](Report&, CheckedWorkload& w) { w.replay_flags = ""; }, "replay ''"},
      {[](Report&, CheckedWorkload& w) { w.expectations.clear(); },
       "expectations 'none'"},
      {[](Report&, CheckedWorkload& w) { w.exploration.digest = 1; },
       "recording '00000001'"},
      {[](Report&, CheckedWorkload& w) { ++w.exploration.crash_points; },
       "crash points '25', but '24' in r1.json"}};
  for (const auto& [change, words] : kChanges) {
    std::vector<NamedReport> some = shards;
    change(some[1].report, some[1].report.workloads[0]);
    EXPECT_THAT(MergeError(some), HasSubstr(words));
    EXPECT_EQ(MergeReports(some).error().code, ErrorCode::kBadInput);
  }
}

TEST(MergeTest, FilesThatFailedFailEverywhereOrAreRunAgain) {
  const SimfsScene scene({});
  const auto shards = ShardsOf(scene, ListingOptions("prefix"), 2);
  const FailedFile failed{"x.pcut", kExitUsage, "x.pcut:1: malformed"};
  std::vector<NamedReport> some = shards;
  for (NamedReport& shard : some) shard.report.errors = {failed};
  const Result<Report> merged = MergeReports(some);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->errors, std::vector<FailedFile>{failed});
  for (const size_t bad : {0, 1}) {
    some = shards;
    some[bad].report.errors = {{"y.pcut", kExitCannotRun, "y.pcut: no mkntfs"}};
    some[bad].report.workloads.clear();
    EXPECT_EQ(MergeError(some),
              fmt::format("r{0}.json: shard {0}/2 failed: y.pcut: no mkntfs; "
                          "run it again",
                          bad + 1));
    EXPECT_EQ(MergeReports(some).error().code, ErrorCode::kMissing);
  }
}

// A shard that was interrupted need not have come to the file that failed.
TEST(MergeTest, FilesThatFailAfterAnInterruptAreNotMissed) {
  const SimfsScene scene({});
  const FailedFile failed{"x.pcut", kExitUsage, "x.pcut:1: malformed"};
  for (const bool interrupted : {false, true}) {
    for (const size_t early : {0, 1}) {
      auto shards = ShardsOf(scene, ListingOptions("prefix"), 2);
      shards[1 - early].report.errors = {failed};
      shards[early].report.interrupted = interrupted;
      const Result<Report> merged = MergeReports(shards);
      ASSERT_EQ(merged.has_value(), interrupted);
      if (!merged) continue;
      EXPECT_EQ(merged->errors, std::vector<FailedFile>{failed});
      EXPECT_TRUE(merged->interrupted);
    }
  }
}

}  // namespace
}  // namespace powercut
