// The comparison of simfs with the model can fail: with each of the planted
// bugs of simfs, some random workload shows a difference.

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

#include "backends/simfs/simfs_backend.h"
#include "tests/exhaustive/simfs_comparison.h"

namespace powercut {
namespace {

constexpr uint64_t kSeeds = 40;
constexpr std::array kProfiles = {"spec-strict", "ext4-ordered", "linux-man"};

// The bugs that show only on a device that fails, or in workloads so rare that
// it takes a thousand seeds to draw one. The litmus tests meet each of them
// (tests/harness/litmus/litmus_bugs_test.cc).
const std::set<SimfsBug> kOutOfReach = {
    SimfsBug::kFailedFlushForgotten, SimfsBug::kFdatasyncSkipsSize,
    SimfsBug::kViewIgnoresPages, SimfsBug::kViewZeroIsNothing,
    SimfsBug::kViewReachesMedia, SimfsBug::kMsyncAsyncIsSync,
    SimfsBug::kPreflushIgnored, SimfsBug::kFuaIgnored,
    SimfsBug::kReplaceForgetsData, SimfsBug::kVolumeFlagsAccepted,
    SimfsBug::kReadOnlyFlushes,
    // The faults that kernels had need the ops of their regression tests.
    SimfsBug::kDirectorySkipsOwnName, SimfsBug::kDirectoryKeepsRemovedNames,
    SimfsBug::kFsyncKeepsRemovedNames, SimfsBug::kFsyncForgetsRename,
    SimfsBug::kFsyncAfterLinkSkipsSize, SimfsBug::kSecondMsyncSkips,
    SimfsBug::kReplaceRemovesTargetFirst, SimfsBug::kLinkResetsSize};

// The seed of the first workload that shows a difference with the bug, and the
// difference; empty if there is none.
std::string Caught(SimfsBug bug) {
  const auto backend = MakeSimfsBackend(SimfsBugs{bug});
  ComparisonCounts counts;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (const char* name : kProfiles) {
      const Profile& profile = *FindProfile(name);
      for (const auto make : {WorkloadToCompare, CutsToCompare}) {
        SeededChooser chooser(seed);
        const Workload workload = make(chooser, profile);
        std::string wrong =
            SimfsComparison(*backend, profile, counts).Judge(workload);
        if (!wrong.empty()) return std::to_string(seed) + " " + wrong;
      }
    }
  }
  return {};
}

class SimfsPlantedTest : public ::testing::TestWithParam<size_t> {};

TEST_P(SimfsPlantedTest, MakesADifference) {
  const auto bug = static_cast<SimfsBug>(GetParam());
  if (kOutOfReach.contains(bug)) GTEST_SKIP() << "rare, or out of reach";
  EXPECT_NE(Caught(bug), "");
}

INSTANTIATE_TEST_SUITE_P(Bugs, SimfsPlantedTest,
                         ::testing::Range(size_t{0}, kSimfsBugCount));

}  // namespace
}  // namespace powercut
