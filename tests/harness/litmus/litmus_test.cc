// Tests what litmus runs count, on a backend and on the model itself.

#include "harness/litmus/litmus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/exploring.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kHead = R"(powercut 1
backend ntfs-3g
disk    2M atomic=4096
init
  create /f
  write  /f 0 512 fill=7
)";

Workload WorkloadWith(const std::string& rest) {
  return MustParse(kHead + rest);
}

LitmusRun OnModel(const std::string& rest,
                  const std::string& profile = "spec-strict") {
  const Profile& named = *FindProfile(profile);
  const Result<LitmusRun> run =
      RunLitmusOnModel(WorkloadWith(rest), named, PromisesOf(named));
  EXPECT_TRUE(run) << (run ? "" : run.error().message);
  return run ? *run : LitmusRun{};
}

LitmusRun OnNtfs3g(const std::string& rest, uint32_t jobs = 1) {
  const auto backend = MakeBackend("ntfs-3g").value();
  LitmusOptions options;
  options.jobs = jobs;
  const Result<LitmusRun> run =
      RunLitmus(*backend, WorkloadWith(rest), "ntfs-3g", options);
  EXPECT_TRUE(run) << (run ? "" : run.error().message);
  return run ? *run : LitmusRun{};
}

std::vector<uint64_t> Counts(const LitmusRun& run) {
  std::vector<uint64_t> counts;
  for (const LitmusOutcome& outcome : run.outcomes) {
    counts.push_back(outcome.observed);
  }
  return counts;
}

TEST(LitmusTest, TheModelShowsAllThatItAdmits) {
  const LitmusRun run = OnModel(R"(run
  write /f 0 512 fill=1
allow  /f[0] = 1
allow  /f[0] = old
forbid not (/f[0] = 1 or /f[0] = 7)
)");
  EXPECT_EQ(run.verdict, LitmusRun::kOk);
  EXPECT_EQ(run.other, 0u);
  EXPECT_EQ(Counts(run)[0], Counts(run)[1]);
  EXPECT_GT(Counts(run)[0], 0u);
  EXPECT_EQ(Counts(run)[2], 0u);
  EXPECT_EQ(run.at_cut, run.states);
}

TEST(LitmusTest, AFlushForbidsOnTheModel) {
  const std::string flushed = R"(run
  write    /f 0 512 fill=1
  nt_flush /f flags=0
)";
  EXPECT_EQ(OnModel(flushed + "allow /f[0] = 1\nforbid /f[0] = 7\n").verdict,
            LitmusRun::kOk);
  EXPECT_EQ(OnModel(flushed + "allow /f[0] = 7\n").verdict, LitmusRun::kUnseen);
  EXPECT_EQ(OnModel(flushed + "forbid /f[0] = 1\n").verdict,
            LitmusRun::kViolation);
  const LitmusRun other = OnModel(flushed + "forbid /f[0] = 7\n");
  EXPECT_EQ(other.other, other.at_cut);
}

// Between the write and its flush the old content is still there.
TEST(LitmusTest, CutMovesTheMomentsForward) {
  const std::string head = "run\n  write /f 0 512 fill=1\n";
  const std::string tail = "  nt_flush /f flags=0\nallow /f[0] = 7\n";
  EXPECT_EQ(OnModel(head + tail).verdict, LitmusRun::kUnseen);
  EXPECT_EQ(OnModel(head + "cut\n" + tail).verdict, LitmusRun::kOk);
}

TEST(LitmusTest, OverlappingOpsAreUnderWay) {
  const std::string ops = R"(run
  start    1 write /f 0 512 fill=1
  nt_flush /f flags=0
  wait     1
)";
  EXPECT_EQ(OnModel(ops + "allow /f[0] = 1\nallow /f[0] = 7\n").verdict,
            LitmusRun::kOk);
  const std::string before = R"(run
  start    1 write /f 0 512 fill=1
  wait     1
  nt_flush /f flags=0
)";
  EXPECT_EQ(OnModel(before + "forbid /f[0] = 7\n").verdict, LitmusRun::kOk);
}

// An atom that may be anything counts as whatever a condition asks for.
TEST(LitmusTest, AnythingIsWhatIsAskedFor) {
  const std::string grown = R"(run
  set_end_of_file /f 1024
  nt_flush        /f flags=0
allow  /f[1] = zero
allow  /f[1] = 99
)";
  const LitmusRun weak = OnModel(grown, "spec-permissive");
  EXPECT_EQ(weak.verdict, LitmusRun::kOk);
  EXPECT_THAT(Counts(weak), ElementsAre(1, 1));
  EXPECT_EQ(weak.at_cut, 1u);
  EXPECT_THAT(Counts(OnModel(grown)), ElementsAre(1, 0));
  EXPECT_EQ(OnModel(grown).verdict, LitmusRun::kUnseen);
}

TEST(LitmusTest, ConditionsOfOtherProfilesDoNotCount) {
  const LitmusRun run = OnModel(R"(run
  write    /f 0 512 fill=1
  nt_flush /f flags=0
allow  spec-permissive: /f[0] = 7
forbid spec-permissive: /f[0] = 1
allow  spec-strict: /f[0] = 1
)");
  EXPECT_EQ(run.verdict, LitmusRun::kOk);
  EXPECT_THAT(Counts(run), ElementsAre(0, 0, 1));
  EXPECT_FALSE(run.outcomes[0].applies);
}

TEST(LitmusTest, WhatIsNotOfferedIsUnsupported) {
  const std::string flags = "run\n  nt_flush /f no_sync\nallow exists /f\n";
  EXPECT_EQ(OnModel(flags, "refs").verdict, LitmusRun::kUnsupported);
  EXPECT_THAT(OnModel(flags, "refs").reason, HasSubstr("nt_flush /f no_sync"));
  EXPECT_EQ(OnModel(flags, "ntfs").verdict, LitmusRun::kOk);
  const LitmusRun logs = OnNtfs3g("run\n  log_open L\nallow exists /f\n");
  EXPECT_EQ(logs.verdict, LitmusRun::kUnsupported);
  EXPECT_THAT(logs.reason, HasSubstr("log_open"));
  const Workload fsync = WorkloadWith("run\n  fsync /f\nallow exists /f\n");
  const auto run = RunLitmus(*MakeBackend("simfs").value(), fsync, "f2fs", {});
  ASSERT_TRUE(run);
  EXPECT_EQ(run->verdict, LitmusRun::kUnsupported);
  // Storage with one behaviour can be judged by any profile.
  const auto other =
      RunLitmus(*MakeBackend("ntfs-3g").value(), fsync, "xfs", {});
  ASSERT_TRUE(other);
  EXPECT_EQ(other->verdict, LitmusRun::kOk);
}

TEST(LitmusTest, ErrorsNobodyExpectedAreErrors) {
  const Profile& xfs = *FindProfile("xfs");
  const auto run = RunLitmusOnModel(
      WorkloadWith("run\n  fsync /x\nallow exists /f\n"), xfs, PromisesOf(xfs));
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message, HasSubstr("test.pcut:8: `fsync /x`"));
}

constexpr const char* kOverwritten = R"(run
  write /f 0 512 fill=1
allow  /f[0] = 1
allow  /f[0] = 7
allow  /f[0] = 3
forbid not (/f[0] = 1 or /f[0] = old)
)";

TEST(LitmusTest, EveryStateOfABackendIsCounted) {
  const LitmusRun run = OnNtfs3g(kOverwritten);
  // An `allow` that this backend never shows is no error.
  EXPECT_EQ(run.verdict, LitmusRun::kOk);
  EXPECT_EQ(run.outcomes[0].observed + run.outcomes[1].observed, run.at_cut);
  EXPECT_GT(run.outcomes[0].observed, 0u);
  EXPECT_GT(run.outcomes[1].observed, 0u);
  EXPECT_EQ(run.outcomes[2].observed, 0u);
  EXPECT_GT(run.states, run.at_cut);
  EXPECT_LT(run.runs, run.states);
  EXPECT_THAT(run.findings, IsEmpty());
}

TEST(LitmusTest, JobsChangeNothing) {
  const LitmusRun one = OnNtfs3g(kOverwritten, 0);
  for (const uint32_t jobs : {1, 3}) {
    const LitmusRun other = OnNtfs3g(kOverwritten, jobs);
    EXPECT_EQ(Counts(one), Counts(other));
    EXPECT_EQ(one.states, other.states);
    EXPECT_EQ(one.runs, other.runs);
  }
}

TEST(LitmusTest, AForbidThatIsSeenIsAFinding) {
  const LitmusRun run =
      OnNtfs3g("run\n  write /f 0 512 fill=1\nforbid /f[0] = 1\n");
  EXPECT_EQ(run.verdict, LitmusRun::kViolation);
  EXPECT_THAT(KindsOf(run.findings), ElementsAre("check"));
}

TEST(LitmusTest, TooManyStatesAreAnError) {
  const Workload large =
      WorkloadWith("run\n  write /f 0 100000\nallow exists /f\n");
  const auto run =
      RunLitmus(*MakeBackend("simfs").value(), large, "spec-strict", {});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(run.error().message, HasSubstr("test.pcut"));
}

// If storage need not show all that is allowed, a space that is too large is
// explored in part.
TEST(LitmusTest, ManyStatesOfRealStorageAreVisitedInPart) {
  const auto run =
      RunLitmus(*MakeBackend("ntfs-3g").value(),
                WorkloadWith("run\n  write /f 0 100000\nallow exists /f\n"),
                "ntfs-3g", {});
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_GT(run->states, 1000u);
}

TEST(LitmusTest, ProfilesAreThoseNamed) {
  const std::vector<std::string> offered = {"xfs", "spec-strict"};
  const std::string run = "run\n  fsync /f\n";
  const Workload none = WorkloadWith(run + "allow exists /f\n");
  EXPECT_THAT(LitmusProfiles(none, offered, {}),
              ElementsAre("spec-strict", "xfs"));
  EXPECT_THAT(LitmusProfiles(none, offered, {"xfs"}), ElementsAre("xfs"));
  const Workload named =
      WorkloadWith(run + "allow exists /f\nforbid fat,xfs: missing /f\n");
  EXPECT_THAT(LitmusProfiles(named, offered, {}), ElementsAre("xfs", "fat"));
  EXPECT_THAT(LitmusProfiles(named, offered, {"spec-strict"}), IsEmpty());
}

}  // namespace
}  // namespace powercut
