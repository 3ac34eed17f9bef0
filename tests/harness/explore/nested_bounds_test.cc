// A bound on the runs holds for crashes during recoveries, too, however deep
// they lie: all runs together stay within it, and without need it ends nothing.

#include <gtest/gtest.h>

#include <optional>
#include <utility>

#include "harness/explore/explore.h"
#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

Exploration ExploreDeep(RandomScene& scene, uint32_t depth,
                        std::optional<uint64_t> max_runs) {
  ExploreOptions options;
  options.space.mode = ExplorationSpace::kPrefix;
  options.jobs = 0;
  options.nested = depth;
  options.bounds.max_runs = max_runs;
  auto explored = Explore(scene.seen(), options);
  POWERCUT_CHECK(explored.has_value());
  return *std::move(explored);
}

TEST(NestedBoundsTest, AllRunsTogetherStayWithinTheBound) {
  uint64_t ended = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    for (uint32_t depth = 1; depth <= 3; ++depth) {
      RandomScene scene(seed, {.events_max = 12}, 3);
      const Exploration whole = ExploreDeep(scene, depth, std::nullopt);
      if (whole.runs > 600) continue;
      for (uint64_t most = 0; most <= whole.runs; most += 1 + most / 5) {
        const Exploration bounded = ExploreDeep(scene, depth, most);
        EXPECT_LE(bounded.runs, most) << seed << " " << depth;
        if (most < whole.runs) {
          EXPECT_FALSE(bounded.exhausted) << seed << " " << depth;
          ++ended;
        }
      }
      const Exploration enough = ExploreDeep(scene, depth, whole.runs + 1);
      EXPECT_TRUE(enough.exhausted) << seed << " " << depth;
      EXPECT_EQ(enough.runs, whole.runs) << seed << " " << depth;
    }
  }
  EXPECT_GT(ended, 100u);
}

}  // namespace
}  // namespace powercut
