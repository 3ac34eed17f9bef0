// The same input gives the same result on ntfs-3g, whatever the number of
// workers and whatever ran before. Ids and reports could not be shared
// otherwise. The tests record and explore several workloads of the corpora
// twice or more and compare everything that an exploration says.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "harness/explain/replay.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

// This workload is violated in several ways, in many states.
constexpr const char* kBusy = R"(powercut 1
backend ntfs-3g
disk    8M atomic=4096
init
  create /a
  write  /a 0 4096
  create /b
  write  /b 0 20000
  mkdir  /d
run
  rename /b /a
  append /a 9000
  fsync  /a
  create /d/c
  unlink /a
  syncfs
)";

std::unique_ptr<Backend> Ntfs3g() {
  return std::move(MakeBackend("ntfs-3g").value());
}

// kBusy and a few workloads of the corpora, at even distances in their list.
std::vector<Workload> SomeWorkloads() {
  std::vector<Workload> workloads = {MustParse(kBusy)};
  std::vector<std::string> files = PcutFiles("workloads");
  for (const std::string& file : PcutFiles("regressions")) {
    files.push_back(file);
  }
  constexpr size_t kFilesMax = 8;
  const size_t step = std::max<size_t>(1, files.size() / kFilesMax);
  for (size_t i = 0; i < files.size(); i += step) {
    workloads.push_back(MustParse(ReadWholeFile(files[i]), files[i]));
  }
  return workloads;
}

// Records and explores a workload on a new backend, and returns the dump of the
// exploration.
std::string DumpAfresh(const Workload& workload,
                       const ExploreOptions& options) {
  const std::unique_ptr<Backend> backend = Ntfs3g();
  Result<Recorded> recorded = RecordWorkload(*backend, workload);
  if (!recorded) return "no recording: " + recorded.error().message;
  const Result<Exploration> exploration = Explore(
      {*backend, recorded->workload, recorded->setting, recorded->recording},
      options);
  return exploration ? DumpOf(*exploration) : exploration.error().message;
}

TEST(DeterminismTest, RecordingTwiceGivesTheSameTrace) {
  const std::unique_ptr<Backend> used = Ntfs3g();
  for (const Workload& workload : SomeWorkloads()) {
    SCOPED_TRACE(workload.file);
    const Result<Recorded> first = RecordWorkload(*used, workload);
    const Result<Recorded> again = RecordWorkload(*used, workload);
    const Result<Recorded> fresh = RecordWorkload(*Ntfs3g(), workload);
    ASSERT_TRUE(first && again && fresh);
    const Trace& trace = first->recording.trace;
    for (const auto* other : {&again->recording, &fresh->recording}) {
      EXPECT_EQ(other->trace.Digest(), trace.Digest());
      EXPECT_EQ(other->trace.marks(), trace.marks());
      EXPECT_EQ(other->before, first->recording.before);
    }
  }
}

TEST(DeterminismTest, TheNumberOfWorkersDoesNotMatter) {
  for (const Workload& workload : SomeWorkloads()) {
    SCOPED_TRACE(workload.file);
    const std::string alone = DumpAfresh(workload, Options("epoch:1", 1));
    EXPECT_EQ(DumpAfresh(workload, Options("epoch:1", 2)), alone);
    EXPECT_EQ(DumpAfresh(workload, Options("epoch:1", 3)), alone);
    EXPECT_THAT(alone, testing::Not(testing::HasSubstr("nondeterministic")));
  }
}

TEST(DeterminismTest, NorWithTheProbe) {
  for (const Workload& workload : SomeWorkloads()) {
    SCOPED_TRACE(workload.file);
    ExploreOptions options = Options("epoch:1", 1);
    options.run.probe = true;
    const std::string alone = DumpAfresh(workload, options);
    options.jobs = 3;
    EXPECT_EQ(DumpAfresh(workload, options), alone);
  }
}

TEST(DeterminismTest, NorInOtherSpaces) {
  const Workload workload = MustParse(kBusy);
  for (const char* space : {"prefix", "prefix+torn:1", "epoch:2"}) {
    SCOPED_TRACE(space);
    EXPECT_EQ(DumpAfresh(workload, Options(space, 1)),
              DumpAfresh(workload, Options(space, 4)));
  }
}

TEST(DeterminismTest, BoundByRunsIsExact) {
  const Workload workload = MustParse(kBusy);
  for (const uint64_t max_runs : {0, 1, 63, 64, 65, 200}) {
    SCOPED_TRACE(max_runs);
    ExploreOptions options = Options("epoch:1", 1);
    options.bounds.max_runs = max_runs;
    const std::string alone = DumpAfresh(workload, options);
    EXPECT_THAT(alone,
                testing::HasSubstr(" runs " + std::to_string(max_runs) + " "));
    options.jobs = 3;
    EXPECT_EQ(DumpAfresh(workload, options), alone);
  }
}

// The crashes during recoveries count, too.
TEST(DeterminismTest, BoundByRunsHoldsForNestedCrashes) {
  const Workload workload = MustParse(kBusy);
  for (const uint32_t nested : {1, 2}) {
    for (const uint64_t max_runs : {60, 100}) {
      SCOPED_TRACE(max_runs);
      ExploreOptions options = Options("epoch:1", 1);
      options.nested = nested;
      options.bounds.max_runs = max_runs;
      const std::string alone = DumpAfresh(workload, options);
      EXPECT_THAT(
          alone, testing::HasSubstr(" runs " + std::to_string(max_runs) + " "));
      options.jobs = 3;
      EXPECT_EQ(DumpAfresh(workload, options), alone);
    }
  }
}

TEST(DeterminismTest, PrefixVisitsEachPointOnce) {
  const std::unique_ptr<Backend> backend = Ntfs3g();
  for (const Workload& workload : SomeWorkloads()) {
    SCOPED_TRACE(workload.file);
    const Result<Recorded> recorded = RecordWorkload(*backend, workload);
    ASSERT_TRUE(recorded);
    // The count of a space must not matter for `prefix`: the second space keeps
    // the count of `epoch:1`.
    ExploreOptions by_hand = Options("epoch:1", 1);
    by_hand.space.mode = ExplorationSpace::kPrefix;
    for (const ExploreOptions& options : {Options("prefix", 1), by_hand}) {
      const Result<Exploration> explored =
          Explore({*backend, recorded->workload, recorded->setting,
                   recorded->recording},
                  options);
      ASSERT_TRUE(explored);
      EXPECT_EQ(explored->states,
                explored->crash_points * recorded->setting.crash_kinds.size());
    }
  }
}

TEST(DeterminismTest, SamplesFollowTheSeed) {
  const Workload workload = MustParse(kBusy);
  const auto dump = [&](uint64_t seed, uint32_t jobs) {
    ExploreOptions options = Options("sample:5", jobs);
    options.seed = seed;
    return DumpAfresh(workload, options);
  };
  const std::string first = dump(1, 1);
  EXPECT_EQ(dump(1, 2), first);
  EXPECT_EQ(dump(1, 3), first);
  EXPECT_NE(dump(2, 1), first);
  EXPECT_EQ(dump(2, 3), dump(2, 1));
}

// Every id that is reported names its state: replaying the id shows the finding
// again.
TEST(DeterminismTest, EveryReportedIdReplays) {
  const std::unique_ptr<Backend> backend = Ntfs3g();
  for (const Workload& workload : SomeWorkloads()) {
    SCOPED_TRACE(workload.file);
    const Result<Recorded> r = RecordWorkload(*backend, workload);
    ASSERT_TRUE(r);
    const ExploreOptions options = Options("epoch:1");
    const Result<Exploration> e =
        Explore({*backend, r->workload, r->setting, r->recording}, options);
    ASSERT_TRUE(e);
    for (const Finding& finding : e->findings) {
      const Result<ReplayedState> replayed =
          Replay({*backend, r->workload, r->setting, r->recording},
                 ParseStateId(finding.id).value(), options.run);
      ASSERT_TRUE(replayed) << finding.id;
      const auto same = [&](const Finding& f) {
        return f.violation == finding.violation && f.id == finding.id &&
               f.promise == finding.promise && f.crash == finding.crash;
      };
      EXPECT_TRUE(std::any_of(replayed->findings.begin(),
                              replayed->findings.end(), same))
          << finding.id << " " << finding.violation.cause;
    }
  }
}

}  // namespace
}  // namespace powercut
