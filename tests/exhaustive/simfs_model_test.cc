// simfs against the model, as sets: at every moment of random tiny workloads,
// what the crashes of simfs leave is exactly what the model admits, nothing
// less and nothing more.
//
// All states are built: every block at every version that a crash of the kind
// could leave, at every point of the moment.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "backends/registry.h"
#include "tests/exhaustive/disagreement.h"
#include "tests/exhaustive/seeds.h"
#include "tests/exhaustive/simfs_comparison.h"

namespace powercut {
namespace {

constexpr std::array kProfiles = {
    "spec-strict",  "spec-permissive", "linux-man", "posix-minimal",
    "ext4-ordered", "ext4-writeback",  "ntfs"};

class SimfsModelTest : public ::testing::TestWithParam<const char*> {};

TEST_P(SimfsModelTest, LeavesWhatTheModelAdmits) {
  auto backend = MakeBackend("simfs");
  ASSERT_TRUE(backend) << backend.error().message;
  const Profile& profile = *FindProfile(GetParam());
  ComparisonCounts counts;
  ComparisonCounts none;
  for (uint64_t i = 0; i < WorkOf(300); ++i) {
    SeededChooser chooser(Seed(i));
    const Workload workload = WorkloadToCompare(chooser, profile);
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

std::string ProfileName(const ::testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Profiles, SimfsModelTest,
                         ::testing::ValuesIn(kProfiles), ProfileName);

}  // namespace
}  // namespace powercut
