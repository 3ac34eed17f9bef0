// Which loss the cause of a failed check names, and how many parts of losses
// are run to find it. The program is a workload that overwrites six sectors
// of one file. Each op stands for a call on a file of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/explore/cause_groups.h"
#include "harness/explore/explore.h"
#include "harness/record/program_losses.h"
#include "harness/trace/op_history.h"
#include "model/words/content.h"
#include "tests/exploring.h"
#include "tests/harness/explore/checked_backend.h"

namespace powercut {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kSectors = 6;

std::string Overwrites() {
  std::string text =
      "powercut 1\nbackend simfs\nprofile linux-man\ninit\n"
      "  create /a\n  write  /a 0 4096\nrun\n";
  for (size_t i = 0; i < kSectors; ++i) {
    text += fmt::format("  write  /a {} 512\n", i * 512);
  }
  return text;
}

// The file that the op which overwrites sector `i` stands for.
std::string NameOf(size_t i) { return {static_cast<char>('a' + i)}; }

// `init` has the ops 1 and 2.
constexpr uint32_t kFirstOp = 3;

// What an op of `run` wrote is the data of a file of its own: `a` is that of
// the first op, `b` that of the next.
class OpLosses : public ProgramLosses {
 public:
  explicit OpLosses(const Recording& recording) : history_(recording.history) {}

  const Loss* LossOf(const WrittenSector& write, EventNumber) const override {
    const uint32_t op = OpRunningAt(history_, write.event);
    if (op < kFirstOp) return nullptr;
    loss_ = {{"data", NameOf(op - kFirstOp)}, {"data", "fdatasync"}};
    return &loss_;
  }

  std::vector<WrittenSector> FollowersOf(const std::vector<WrittenSector>&,
                                         EventNumber) const override {
    return {};
  }

 private:
  const std::vector<HistoryEvent>& history_;
  mutable Loss loss_;
};

// The names of the files whose data is not there, one after the other.
std::string LostIn(const std::string& content) {
  std::string lost;
  for (size_t i = 0; i < kSectors; ++i) {
    const auto granule = ReadGranule(content.substr(i * 512, kGranuleBytes));
    if (!granule || granule->op < kFirstOp) lost += NameOf(i);
  }
  return lost;
}

// Explores with a check that fails with what `says` gives for the names of what
// is lost, and holds where that is empty.
Exploration ExploreLosing(
    const std::function<std::string(const std::string& lost)>& says,
    const ExploreOptions& options) {
  CheckedBackend backend([&](const std::string& content, uint64_t) {
    const std::string words = says(LostIn(content));
    return words.empty() ? "" : "exit status 1: " + words;
  });
  auto recorded = RecordWorkload(backend, MustParse(Overwrites()));
  EXPECT_TRUE(recorded);
  recorded->setting.oracle = CheckOracle{.command = "check"};
  const OpLosses losses(recorded->recording);
  auto explored = Explore({backend, recorded->workload, recorded->setting,
                           recorded->recording, &losses},
                          options);
  EXPECT_TRUE(explored);
  return std::move(*explored);
}

// What the causes say of the losses, after the words of the check.
std::set<std::string> LossesIn(const Exploration& e) {
  std::set<std::string> losses;
  for (const Finding& finding : e.findings) {
    const std::string& cause = finding.violation.cause;
    losses.insert(cause.substr(cause.find("data-of")));
  }
  return losses;
}

// A check that needs `a` or `c`, and `d`, says the same words of all. It holds
// until the last file was written.
std::string NeedsSome(const std::string& lost) {
  const auto has = [&](char name) { return lost.find(name) != lost.npos; };
  if (has('f')) return "";
  return (has('a') && has('c')) || has('d') ? "bad" : "";
}
const std::set<std::string> kSmallest = {"data-of-a+data-of-c/fdatasync",
                                         "data-of-d/fdatasync"};

// No run is needed where all states were visited: each cause is run twice to
// confirm it.
TEST(GroupsByLossTest, WhereAllStatesWereVisitedTheSmallestWasSeen) {
  const Exploration e = ExploreLosing(NeedsSome, Options("exhaustive", 1));
  EXPECT_TRUE(e.exhausted);
  EXPECT_EQ(LossesIn(e), kSmallest);
  EXPECT_LE(e.recoveries.confirmations, 2 * e.findings.size());
}

// A few states of each point are visited. What they lost beside is taken away.
TEST(GroupsByLossTest, PartsAreRunWhereSomeStatesWereNotVisited) {
  uint64_t part_runs = 0;
  for (const uint64_t seed : {1, 2, 3}) {
    ExploreOptions options = Options("sample:4", 1);
    options.seed = seed;
    const Exploration e = ExploreLosing(NeedsSome, options);
    EXPECT_THAT(e.findings, Not(IsEmpty()));
    EXPECT_THAT(kSmallest, testing::IsSupersetOf(LossesIn(e)));
    part_runs += e.recoveries.confirmations - 2 * e.findings.size();
  }
  EXPECT_GT(part_runs, 0u);
}

// A part that fails with other words is another failure.
TEST(GroupsByLossTest, PartsThatFailOtherwiseNameNoCause) {
  const auto bad_or_worse = [](const std::string& lost) -> std::string {
    if (lost.find('f') != lost.npos || lost.find('a') == lost.npos) return "";
    return lost.find('c') == lost.npos ? "bad" : "worse";
  };
  const Exploration e = ExploreLosing(bad_or_worse, Options("sample:12", 1));
  std::set<std::string> ends;
  for (const Finding& finding : e.findings) {
    const std::string& cause = finding.violation.cause;
    ends.insert(cause.substr(cause.find("exit-1")));
  }
  EXPECT_EQ(ends, (std::set<std::string>{
                      "exit-1/bad/data-of-a/fdatasync",
                      "exit-1/worse/data-of-a+data-of-c/fdatasync"}));
}

// The check says other words of each loss, so that no part fails as the whole
// does, and all parts of each are tried.
TEST(GroupsByLossTest, PartsThatAreRunAreCounted) {
  const auto names = [](const std::string& lost) { return lost; };
  const Exploration e = ExploreLosing(names, Options("sample:60", 1));
  ASSERT_GT(e.findings.size(), 50u);
  EXPECT_GE(e.recoveries.confirmations, kPartRunsMax);
  EXPECT_LE(e.recoveries.confirmations, kPartRunsMax + 2 * e.findings.size());
}

// A check that fails where two things or more are lost.
std::string NeedsAny(const std::string& lost) {
  const bool all_written = lost.find('f') == lost.npos;
  return all_written && lost.size() > 1 ? "bad" : "";
}

// The confirmations alone are run, and the losses are named as they were.
void ExpectNoPartIsRun(const ExploreOptions& options) {
  const Exploration e = ExploreLosing(NeedsAny, options);
  ASSERT_THAT(e.findings, Not(IsEmpty()));
  EXPECT_LE(e.recoveries.confirmations, 2 * e.findings.size());
  EXPECT_THAT(LossesIn(e), Each(HasSubstr("+")));
}

TEST(GroupsByLossTest, NoPartIsRunAfterAnInterrupt) {
  bool seen = false;
  ExploreOptions options = Options("sample:4", 1);
  options.hooks.cause_seen = [&](const std::string&) { seen = true; };
  options.hooks.interrupted = [&] { return seen; };
  ExpectNoPartIsRun(options);
}

TEST(GroupsByLossTest, NoPartIsRunOnceTheBudgetAndAQuarterAreOver) {
  ExploreOptions options = Options("sample:4", 1);
  options.bounds.budget_ms = 1000;
  options.hooks.cause_seen = [&](const std::string&) { usleep(1'300'000); };
  ExpectNoPartIsRun(options);
}

}  // namespace
}  // namespace powercut
