// simfs held against the model by sets: at every moment of small random
// workloads, the crashes of simfs leave exactly what the model admits.
//
// All states are built: every block at every version that a crash of the kind
// could leave, at every crash point of the moment.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "backends/registry.h"
#include "model/pcut/pcut.h"
#include "tests/exhaustive/disagreement.h"
#include "tests/exhaustive/seeds.h"
#include "tests/exhaustive/simfs_comparison.h"

namespace powercut {
namespace {

constexpr std::array kProfiles = {
    "spec-strict",   "spec-permissive", "linux-man",
    "posix-minimal", "ext4-ordered",    "ext4-writeback",
    "xfs",           "btrfs",           "ntfs"};

class SimfsModelTest : public ::testing::TestWithParam<const char*> {};

using MakeWorkload = Workload(Chooser& chooser, const Profile& profile);

void HoldAgainstTheModel(const Profile& profile, MakeWorkload make,
                         uint64_t workloads) {
  auto backend = MakeBackend("simfs");
  ASSERT_TRUE(backend) << backend.error().message;
  ComparisonCounts counts;
  ComparisonCounts none;
  for (uint64_t i = 0; i < WorkOf(workloads); ++i) {
    SeededChooser chooser(Seed(i));
    const Workload workload = make(chooser, profile);
    if (SimfsComparison(**backend, profile, counts).Judge(workload).empty())
      continue;
    FAIL() << "workload " << i << '\n'
           << Shrunk(workload, profile, [&](const Workload& less) {
                return SimfsComparison(**backend, profile, none).Judge(less);
              });
  }
  std::printf(
      "%zu moments, %zu too large; %zu states, %zu recovered; %zu "
      "observations\n",
      counts.moments, counts.too_large, counts.states, counts.recovered,
      counts.observations);
  EXPECT_LT(counts.too_large * 4, counts.moments);
}

TEST_P(SimfsModelTest, LeavesWhatTheModelAdmits) {
  HoldAgainstTheModel(*FindProfile(GetParam()), WorkloadToCompare, 300);
}

TEST_P(SimfsModelTest, FilesCutAndRegrown) {
  HoldAgainstTheModel(*FindProfile(GetParam()), CutsToCompare, 300);
}

TEST_P(SimfsModelTest, ExchangedNames) {
  HoldAgainstTheModel(*FindProfile(GetParam()), ExchangesToCompare, 200);
}

// Only this profile asks what a sync may log.
TEST(SimfsCommitsTest, LeaveWhatTheModelAdmits) {
  HoldAgainstTheModel(*FindProfile("btrfs"), NamesToCompare, 400);
}

// With replace_brings_data (ext4-journal), the rename demands that an atom no
// longer shows the zeros of its new space. The truncation makes that atom zeros
// again, which meets the demand.
TEST_P(SimfsModelTest, ZerosThatARenameSaysAreOver) {
  const auto workload = ParseWorkload(
      "powercut 1\nbackend simfs\ninit\n create /f\n write /f 0 512\n"
      " create /g\nrun\n write /g 0 1024\n rename /g /f\n"
      " truncate /f 100\n truncate /f 700\n",
      "");
  ASSERT_TRUE(workload) << workload.error().message;
  const auto backend = MakeBackend("simfs");
  ASSERT_TRUE(backend) << backend.error().message;
  ComparisonCounts counts;
  EXPECT_EQ(SimfsComparison(**backend, *FindProfile(GetParam()), counts)
                .Judge(*workload),
            "");
  EXPECT_EQ(counts.too_large, 0u);
}

std::string ProfileName(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Profiles, SimfsModelTest,
                         ::testing::ValuesIn(kProfiles), ProfileName);

}  // namespace
}  // namespace powercut
