// The limits of traces at their edges: each is tried just within and just
// beyond.

#include "harness/block_log/limits.h"

#include <gtest/gtest.h>

namespace powercut {
namespace {

bool IsGeometry(uint64_t sector_bytes, uint64_t sector_count) {
  return GeometryProblem(sector_bytes, sector_count).empty();
}

TEST(LimitsTest, SectorsArePowersOfTwoFrom512To4096) {
  for (uint64_t bytes = 0; bytes <= 8192; bytes += 256) {
    const bool good =
        bytes == 512 || bytes == 1024 || bytes == 2048 || bytes == 4096;
    EXPECT_EQ(IsGeometry(bytes, 8), good) << bytes;
  }
  EXPECT_FALSE(IsGeometry(513, 8));
}

TEST(LimitsTest, ADiskHasAtMostTwoTebibytes) {
  for (const uint64_t bytes : {512u, 1024u, 2048u, 4096u}) {
    const uint64_t most = (uint64_t{2} << 40) / bytes;
    EXPECT_TRUE(IsGeometry(bytes, most));
    EXPECT_FALSE(IsGeometry(bytes, most + 1));
    EXPECT_FALSE(IsGeometry(bytes, ~uint64_t{0}));
  }
}

TEST(LimitsTest, ARangeLiesOnTheDiskAndHasSectors) {
  constexpr uint64_t kSectors = 8;
  const DiskGeometry geometry{.sector_bytes = 512, .sector_count = kSectors};
  for (uint64_t first = 0; first <= kSectors + 1; ++first) {
    for (uint64_t count = 0; count <= kSectors + 2; ++count) {
      EXPECT_EQ(RangeProblem({first, count}, geometry).empty(),
                count > 0 && first + count <= kSectors)
          << first << "+" << count;
    }
    EXPECT_NE(RangeProblem({first, ~uint64_t{0}}, geometry), "");
  }
  EXPECT_NE(RangeProblem({~uint64_t{0}, 1}, geometry), "");
}

TEST(LimitsTest, ScopesCountTheirFullRuns) {
  constexpr uint64_t kRun = 65536;
  constexpr uint64_t kRunsMax = uint64_t{1} << 20;
  ScopeBudget budget;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.Take(kRun - 1));
  EXPECT_TRUE(budget.Take(kRunsMax * kRun));
  EXPECT_TRUE(budget.Take(kRun - 1));
  EXPECT_FALSE(budget.Take(kRun));
  ScopeBudget other;
  EXPECT_FALSE(other.Take((kRunsMax + 1) * kRun));
}

}  // namespace
}  // namespace powercut
