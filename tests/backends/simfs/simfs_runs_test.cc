// Whole crash spaces of simfs take a number of runs that grows with the work.
// Each row is a workload of n equal ops without a flush, whose space has 2^n
// states and more.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

constexpr size_t kOps = 24;

Exploration Explored(const std::string& profile, const std::string& init,
                     const std::string& op) {
  std::string text = "powercut 1\nbackend simfs\nprofile " + profile +
                     "\ninit\n" + init + "run\n";
  for (size_t i = 0; i < kOps; ++i) text += op + "\n";
  const auto backend = MakeSimfsBackend();
  auto recorded = RecordWorkload(*backend, MustParse(text));
  EXPECT_TRUE(recorded) << recorded.error().message;
  if (!recorded) return {};
  auto explored = Explore(
      {*backend, recorded->workload, recorded->setting, recorded->recording},
      Options("exhaustive", 1));
  EXPECT_TRUE(explored);
  return explored ? std::move(*explored) : Exploration{};
}

TEST(SimfsRuns, OverwritesTakeOneRunEach) {
  for (const char* profile :
       {"spec-strict", "linux-man", "ext4-ordered", "xfs", "btrfs"}) {
    const Exploration e =
        Explored(profile, "create /f\nwrite /f 0 512\n", "write /f 0 512");
    EXPECT_TRUE(e.exhausted) << profile;
    EXPECT_TRUE(e.findings.empty()) << profile;
    EXPECT_GT(e.space_log2, kOps) << profile;
    EXPECT_EQ(e.runs, kOps + 1) << profile;
  }
}

// With all data in one journal each record is a step of one order.
TEST(SimfsRuns, ATotalOrderTakesAFewRunsForEachStep) {
  const Exploration e =
      Explored("ext4-journal", "create /f\nwrite /f 0 512\n", "write /f 0 512");
  EXPECT_TRUE(e.exhausted);
  EXPECT_TRUE(e.findings.empty());
  EXPECT_LE(e.runs, 6 * kOps);
}

// Times that newer times hide are no branch.
TEST(SimfsRuns, TimesThatAreHiddenAreNoBranch) {
  const Exploration e =
      Explored("spec-strict", "create /f\n", "set_times /f 7");
  EXPECT_TRUE(e.exhausted);
  EXPECT_EQ(e.runs, kOps + 1);
}

}  // namespace
}  // namespace powercut
