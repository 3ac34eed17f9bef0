// Spaces that are far too large to visit state by state are still exhausted,
// since what recovery reads decides the outcome. The workloads here leave forty
// open blocks, and a planted bug shows in one combination of three of them.

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "harness/recover/outcome_codec.h"
#include "tests/exploring.h"
#include "tests/three_block_backend.h"

namespace powercut {
namespace {

constexpr uint32_t kBlocks = 40;

// The blocks of file data are only copied into the observation. What recovery
// itself reads are other blocks.
constexpr const char* kOverwrite = R"(powercut 1
init
  create /f
  write  /f 0 20480
run
  write  /f 0 20480
)";

struct Found {
  Exploration exploration;
  std::set<std::string> shown;  // The different outcomes, encoded.
};

Found ExploreWhole(bool bug, CopyMode copied) {
  ThreeBlockBackend backend(MakeBackend("simfs").value());
  const auto recorded = RecordWorkload(backend, MustParse(kOverwrite));
  EXPECT_TRUE(recorded);
  if (bug) backend.Plant(recorded->recording);
  ExploreOptions options = Options("exhaustive");
  options.copied = copied;
  options.bounds.max_runs = 10'000;
  Found found;
  options.hooks.visited = [&](const VisitedState& visited) {
    found.shown.insert(EncodeOutcome(visited.result));
  };
  auto explored = Explore(
      {backend, recorded->workload, recorded->setting, recorded->recording},
      options);
  EXPECT_TRUE(explored);
  found.exploration = std::move(*explored);
  return found;
}

TEST(OpenBlocksTest, FortyAreExhaustedAndNothingIsFound) {
  const Found found = ExploreWhole(/*bug=*/false, CopyMode::kVaryEach);
  EXPECT_TRUE(found.exploration.exhausted) << found.exploration.bound;
  EXPECT_GT(found.exploration.space_log2, kBlocks);
  EXPECT_EQ(found.exploration.copied, CopyMode::kVaryEach);
  // Each block shows its old content at least once.
  EXPECT_GT(found.shown.size(), kBlocks);
  EXPECT_TRUE(found.exploration.findings.empty());
}

TEST(OpenBlocksTest, ABugOfThreeBlocksAmongFortyIsFound) {
  const Found found = ExploreWhole(/*bug=*/true, CopyMode::kVaryEach);
  EXPECT_TRUE(found.exploration.exhausted) << found.exploration.bound;
  EXPECT_GT(found.exploration.space_log2, kBlocks);
  EXPECT_EQ(KindsOf(found.exploration.findings),
            std::set<std::string>{"ghost /f"});
  ASSERT_EQ(found.exploration.findings.size(), 1u);
  // The third victim must be lost, and nothing else.
  EXPECT_EQ(found.exploration.findings[0].lost_blocks, 1u);
}

// The two tests above depend on copied data: if it counts as read, the same
// exploration does not come to an end within the bound.
TEST(OpenBlocksTest, TakenAsReadTheyAreNotExhausted) {
  const Found found = ExploreWhole(/*bug=*/true, CopyMode::kAsRead);
  EXPECT_FALSE(found.exploration.exhausted);
  EXPECT_EQ(found.exploration.bound, "--max-runs 10000");
}

}  // namespace
}  // namespace powercut
