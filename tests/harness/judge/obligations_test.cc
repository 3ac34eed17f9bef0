// Flush obligations on recordings of simfs with planted bugs: which ops are
// `unflushed`, and which are not. Each case that is found has a twin that is
// not, and the other way round, so that neither "always" nor "never" passes.

#include "harness/judge/obligations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The numbers of the ops that are unflushed, in order.
std::vector<uint32_t> Unflushed(const std::string& text, SimfsBugs bugs) {
  const auto backend = MakeSimfsBackend(std::move(bugs));
  const Result<Recorded> recorded =
      RecordWorkload(*backend, MustParse("powercut 1\n" + text));
  EXPECT_TRUE(recorded) << (recorded ? "" : recorded.error().message);
  if (!recorded) return {};
  const RecordedRun run{*backend, recorded->workload, recorded->setting,
                        recorded->recording};
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  std::vector<uint32_t> ops;
  for (const UnmetObligation& unmet : FindUnmetObligations(run, space)) {
    EXPECT_EQ(unmet.violation.kind, ViolationKind::kUnflushed);
    ops.push_back(unmet.violation.op);
  }
  return ops;
}

constexpr const char* kInit =
    "init\n create /f\n write /f 0 512\n create /g\n write /g 0 512\nrun\n";

TEST(Obligations, AnOpNeedsItsOwnFlush) {
  // syncfs flushes the device in spite of the bug; the fsync after it does not.
  const std::string ops = kInit + std::string(
                                      " write /f 0 512\n syncfs\n"
                                      " write /f 0 512\n fsync /f\n");
  EXPECT_THAT(Unflushed(ops, {SimfsBug::kFsyncSkipsDevice}), ElementsAre(8));
  EXPECT_THAT(Unflushed(ops, {}), IsEmpty());
}

// The flush of another file between the op's begin and the write that it owes
// is no flush of the op's own either.
TEST(Obligations, AFlushThatCarriedLessIsNotTheOpsOwn) {
  const std::string ops =
      kInit + std::string(
                  " write /f 0 512 dsync\n write /g 0 512\n fsync /g\n"
                  " write /g 0 512 dsync\n fsync /f\n");
  // Only the dsync writes reach the media. The fsync of /f at the end has
  // nothing left to carry but times, which it owes, too.
  EXPECT_THAT(Unflushed(ops, {SimfsBug::kFsyncSkipsDevice}), ElementsAre(7, 9));
  EXPECT_THAT(Unflushed(ops, {}), IsEmpty());
}

TEST(Obligations, AnOpThatAFaultLiedToIsExcused) {
  const std::string lie = "fault lie on flush nth=1 times=1 in=run\n";
  const std::string ops = kInit + std::string(" write /f 0 512\n syncfs\n");
  EXPECT_THAT(Unflushed(lie + ops, {}), IsEmpty());
  // The same trace is unflushed if no lie fell.
  EXPECT_THAT(Unflushed(kInit + std::string(" write /f 0 512\n fsync /f\n"),
                        {SimfsBug::kFsyncSkipsDevice}),
              ElementsAre(6));
}

TEST(Obligations, AnOpAfterALieIsNotExcused) {
  const std::string lie = "fault lie on flush nth=1 times=1 in=run\n";
  const std::string ops = kInit + std::string(
                                      " write /f 0 512\n syncfs\n"
                                      " write /f 0 512\n fsync /f\n");
  EXPECT_THAT(Unflushed(lie + ops, {SimfsBug::kFsyncSkipsDevice}),
              ElementsAre(8));
  EXPECT_THAT(Unflushed(lie + ops, {}), IsEmpty());
}

TEST(Obligations, WithNothingToCarryNoFlushIsNeeded) {
  EXPECT_THAT(Unflushed(kInit + std::string(" fsync /f\n"),
                        {SimfsBug::kFsyncSkipsDevice}),
              IsEmpty());
}

}  // namespace
}  // namespace powercut
