// Explorations that vary independent parts one at a time, against brute force:
// of each part they see all that there is.
//
// Each of the following mistakes was made in the engine by hand, and a test in
// this file failed: a block that is settled for one part is settled for all; a
// state belongs to the trees of all parts, whatever it changed; a block is
// settled for parts that did not read it; a block that is read for the whole is
// noted for a part only; a run that writes has parts; runs that were kept for
// other parts are used.

#include "harness/explore/parts_apart.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "fuzz/draw/part_views.h"
#include "fuzz/draw/parted_backend.h"
#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

constexpr uint64_t kTraces = 400 / kSlowdown;

Workload PartedWorkload() {
  auto parsed = ParseWorkload(PartedBackend::kWorkload, "test.pcut");
  POWERCUT_CHECK(parsed);
  return *std::move(parsed);
}

TEST(PartsApartTest, EveryPartShowsAllThatThereIs) {
  const Workload workload = PartedWorkload();
  const IndependentParts parts(*FindProfile("spec-strict"), workload);
  ASSERT_EQ(parts.count(), 6u) << parts.Text();
  uint64_t scenes = 0;
  uint64_t fewer = 0;
  for (uint64_t seed = 1; seed <= kTraces; ++seed) {
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 10) continue;
    PartedBackend backend(seed);
    const RecordedRun run = {backend, workload, scene.setting,
                             *scene.recording};
    ++scenes;
    const SeenStates all = SeenByBruteForce(run, scene.space);
    for (const CopyMode copied : {CopyMode::kAsRead, CopyMode::kFillIn}) {
      ExploreOptions options;
      options.space = scene.space;
      options.jobs = 0;
      options.copied = copied;
      if (seed % 3 == 0) options.cache_bytes = 1 << (seed % 13);
      const SeenExploration apart = SeenByExplore(run, options);
      ASSERT_TRUE(apart.exploration.exhausted) << seed;
      ASSERT_EQ(apart.exploration.parts_apart, parts.count());
      ASSERT_TRUE(std::includes(all.seen.begin(), all.seen.end(),
                                apart.seen.seen.begin(), apart.seen.seen.end()))
          << seed;
      ASSERT_TRUE(ViewsOf(apart.seen, parts) == ViewsOf(all, parts)) << seed;
      options.parts_apart = false;
      const SeenExploration together = SeenByExplore(run, options);
      ASSERT_TRUE(together.seen.seen == all.seen) << seed;
      ASSERT_EQ(together.exploration.parts_apart, 0u);
      fewer += apart.exploration.states < together.exploration.states ? 1 : 0;
    }
  }
  EXPECT_GT(scenes, kTraces / 5);
  EXPECT_GT(fewer, scenes / 10);
}

// Runs that an earlier process kept say for which parts they read a block.
TEST(PartsApartTest, ResumedIsTheSame) {
  const Workload workload = PartedWorkload();
  for (uint64_t seed = 1; seed <= kTraces / 20; ++seed) {
    RandomScene scene(seed, {.persist_percent = 5});
    if (SpaceLog2Of(scene.seen()) > 10) continue;
    PartedBackend backend(seed);
    const RecordedRun run = {backend, workload, scene.setting,
                             *scene.recording};
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    const SeenExploration whole = SeenByExplore(run, options);
    options.resume = ::testing::TempDir() + "parts." + std::to_string(seed);
    std::filesystem::remove_all(options.resume);
    for (int i = 0; i < 2; ++i) {
      const SeenExploration kept = SeenByExplore(run, options);
      ASSERT_EQ(kept.exploration.states, whole.exploration.states) << seed;
      ASSERT_TRUE(kept.seen.seen == whole.seen.seen) << seed;
    }
    std::filesystem::remove_all(options.resume);
  }
}

// Another workload can number the parts in another way although it leaves the
// same recording, and then nothing that was kept is used.
TEST(PartsApartTest, RunsOfOtherPartsAreRefused) {
  RandomScene scene(1);
  PartedBackend backend(1);
  scene.workload = PartedWorkload();
  ExploreOptions options;
  options.space = scene.space;
  options.jobs = 0;
  options.resume = ::testing::TempDir() + "other_parts";
  std::filesystem::remove_all(options.resume);
  ASSERT_TRUE(Explore(scene.On(backend), options));
  EXPECT_TRUE(Explore(scene.On(backend), options));
  auto renamed = ParseWorkload(
      "powercut 1\ninit\n  create /b\n  create /a\n"
      "run\n  rename /b /a\n  write /a 0 9\n",
      "test.pcut");
  ASSERT_TRUE(renamed) << renamed.error().message;
  scene.workload = *std::move(renamed);
  EXPECT_FALSE(Explore(scene.On(backend), options));
  options.parts_apart = false;
  EXPECT_FALSE(Explore(scene.On(backend), options));
  std::filesystem::remove_all(options.resume);
}

// A check, a condition, a probe and a second crash look at all parts at once.
TEST(PartsApartTest, OnlyTheVerdictOfTheModelIsTakenApart) {
  RandomScene scene(1);
  PartedBackend backend(1);
  scene.workload = PartedWorkload();
  const auto count = [&](const ExploreOptions& options) {
    const auto parts = PartsApart(scene.On(backend), options);
    return parts == nullptr ? 0u : parts->count();
  };
  ExploreOptions options;
  options.space.mode = ExplorationSpace::kExhaustive;
  EXPECT_EQ(count(options), 6u);
  options.nested = 1;
  EXPECT_EQ(count(options), 0u);
  options.nested = 0;
  options.run.probe = true;
  EXPECT_EQ(count(options), 0u);
  options.run.probe = false;
  options.space.mode = ExplorationSpace::kEpoch;
  EXPECT_EQ(count(options), 0u);
  options.space.mode = ExplorationSpace::kDefault;
  EXPECT_EQ(count(options), 6u);
  options.parts_apart = false;
  EXPECT_EQ(count(options), 0u);
  options.parts_apart = true;
  scene.setting.oracle = CheckOracle{};
  EXPECT_EQ(count(options), 0u);
  scene.setting.oracle = {};
  EXPECT_EQ(count(options), 6u);
  auto conditions = ParseWorkload(
      std::string(PartedBackend::kWorkload) + "forbid not /a[0] = 1\n",
      "t.pcut");
  ASSERT_TRUE(conditions) << conditions.error().message;
  scene.workload = *std::move(conditions);
  EXPECT_EQ(count(options), 0u);
  // A fault of recovery can fall on a request for any part.
  auto faulty =
      ParseWorkload("powercut 1\nfault error on read in=recovery" +
                        std::string(PartedBackend::kWorkload).substr(10),
                    "t.pcut");
  ASSERT_TRUE(faulty) << faulty.error().message;
  scene.workload = *std::move(faulty);
  EXPECT_EQ(count(options), 0u);
}

// The report names no parts where the storage does not declare them.
TEST(PartsApartTest, TheStorageMustDeclareThem) {
  RandomScene scene(1);
  scene.workload = PartedWorkload();
  ExploreOptions options;
  options.space.mode = ExplorationSpace::kExhaustive;
  EXPECT_EQ(PartsApart(scene.seen(), options), nullptr);
}

}  // namespace
}  // namespace powercut
