// The decision tree and the cache against brute force: on random traces and
// recoveries, what is visited is exactly what all states would show.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/crash_disk.h"
#include "harness/crash_image.h"
#include "harness/enumerate.h"
#include "harness/explore.h"
#include "harness/outcome_bytes.h"
#include "model/pcut.h"
#include "tests/harness/random_trace.h"
#include "tests/harness/reading_backend.h"

namespace powercut {
namespace {

constexpr uint64_t kTraces = 3000 / kSlowdown;
constexpr double kSpaceLog2Max = 12;

using Seen = std::set<std::tuple<CrashKind, EventNumber, std::string>>;

// A random recording, without ops: only what was seen matters here.
struct Scene {
  explicit Scene(uint64_t seed) : prng(seed), backend(seed) {
    RandomTraceShape shape;
    shape.persist_percent = 15;
    recording = std::make_unique<Recording>(Recording{
        RandomTrace(prng, shape), {{HistoryEvent::kRun, 0, 0, ""}}, {}});
    auto parsed = ParseWorkload("powercut 1\nrun\n  create /f\n", "test.pcut");
    CHECK(parsed);
    workload = std::move(*parsed);
    setting.profile = FindProfile("spec-strict");
    setting.geometry = recording->trace.geometry();
    setting.atomic_bytes = RandomAtomicBytes(prng);
    setting.crash_kinds = {kCrashKinds.begin(), kCrashKinds.end()};
    space = {.mode = SpaceSpec::kExhaustive,
             .count = 0,
             .torn = static_cast<uint32_t>(prng.Below(3))};
  }

  Prng prng;
  ReadingBackend backend;
  std::unique_ptr<Recording> recording;
  Workload workload;
  Setting setting;
  SpaceSpec space;
};

// Every state, run for itself.
Seen SeenByBruteForce(Scene& scene, const SpaceSpec& spec) {
  Seen seen;
  const CrashSpace space(scene.recording->trace, scene.setting.atomic_bytes);
  for (const CrashKind kind : scene.setting.crash_kinds) {
    PointCursor cursor(space, kind);
    CrashImage image(space, kind);
    for (const Gap& gap : GapsOf(*scene.recording)) {
      cursor.MoveTo(gap.point);
      EnumerateStates(
          cursor, spec, 1, [&](const CrashState& state, const Hash128&) {
            image.Become(state);
            CrashDisk disk(image.bytes(), scene.setting.geometry,
                           scene.setting.atomic_bytes, 0);
            seen.emplace(kind, gap.point,
                         OutcomeBytes(Recover(scene.backend, disk, {})));
            return true;
          });
    }
  }
  return seen;
}

struct Explored {
  Seen seen;
  Exploration exploration;
};

Explored SeenByExplore(Scene& scene, ExploreOptions options) {
  Explored explored;
  options.visited = [&](const VisitedState& visited) {
    explored.seen.emplace(visited.state.kind, visited.gap.point,
                          OutcomeBytes(visited.result));
  };
  auto exploration = Explore(scene.backend, scene.workload, scene.setting,
                             *scene.recording, options);
  CHECK(exploration);
  explored.exploration = std::move(*exploration);
  return explored;
}

bool IsSmall(Scene& scene) {
  ExploreOptions options;
  options.space.mode = SpaceSpec::kPrefix;
  options.jobs = 0;
  return SeenByExplore(scene, options).exploration.space_log2 < kSpaceLog2Max;
}

TEST(ExhaustiveSpaceTest, VisitsWhatBruteForceSees) {
  uint64_t scenes = 0;
  uint64_t runs = 0;
  uint64_t states = 0;
  for (uint64_t seed = 1; seed <= kTraces; ++seed) {
    Scene scene(seed);
    if (!IsSmall(scene)) continue;
    ++scenes;
    const Seen all = SeenByBruteForce(scene, scene.space);
    for (const CopiedData copied : {CopiedData::kRead, CopiedData::kFilled}) {
      ExploreOptions options;
      options.space = scene.space;
      options.jobs = 0;
      options.copied = copied;
      // Now and then hardly any room.
      if (seed % 3 == 0) options.cache_bytes = 1 << (seed % 13);
      const Explored explored = SeenByExplore(scene, options);
      ASSERT_TRUE(explored.exploration.exhausted) << seed;
      ASSERT_TRUE(explored.seen == all)
          << "seed " << seed << ": " << explored.seen.size() << " of "
          << all.size();
      runs += explored.exploration.runs;
      states += explored.exploration.states;
    }
  }
  EXPECT_GT(scenes, kTraces / 3);
  // It would prove nothing if every state ran.
  EXPECT_LT(runs, states);
  RecordProperty("scenes", static_cast<int>(scenes));
  RecordProperty("runs", static_cast<int>(runs));
  RecordProperty("states", static_cast<int>(states));
}

TEST(ExhaustiveSpaceTest, CacheChangesNothingInOtherSpaces) {
  for (uint64_t seed = 1; seed <= kTraces / 3; ++seed) {
    Scene scene(seed);
    if (!IsSmall(scene)) continue;
    for (const SpaceSpec& space :
         {SpaceSpec{SpaceSpec::kPrefix, 0, scene.space.torn},
          SpaceSpec{SpaceSpec::kEpoch, 2, scene.space.torn},
          SpaceSpec{SpaceSpec::kSample, 5, 0}}) {
      Seen all = SeenByBruteForce(scene, space);
      const Seen prefixes = SeenByBruteForce(scene, {SpaceSpec::kPrefix, 0, 0});
      all.insert(prefixes.begin(), prefixes.end());
      ExploreOptions options;
      options.space = space;
      options.jobs = 0;
      options.doublecheck = seed % 2 == 0 ? 1 : 0;
      const Explored explored = SeenByExplore(scene, options);
      ASSERT_TRUE(explored.seen == all) << seed << SpaceSpecText(space);
      ASSERT_TRUE(explored.exploration.exhausted);
    }
  }
}

// What a report is made of.
auto Figures(const Exploration& e) {
  std::vector<std::string> findings;
  for (const Finding& f : e.findings) {
    findings.push_back(f.id + f.violation.cause + std::to_string(f.count));
    findings.insert(findings.end(), f.states.begin(), f.states.end());
  }
  return std::tuple(e.states, e.runs, e.exhausted, findings);
}

TEST(ExhaustiveSpaceTest, InterruptedAndResumedIsTheSame) {
  uint64_t interrupted = 0;
  for (uint64_t seed = 1; seed <= kTraces / 10; ++seed) {
    Scene scene(seed);
    if (!IsSmall(scene)) continue;
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    options.list_states = true;
    const Explored whole = SeenByExplore(scene, options);
    const std::string folder =
        ::testing::TempDir() + "resume." + std::to_string(seed);
    std::filesystem::remove_all(folder);
    options.resume = folder;
    Explored last;
    for (uint64_t patience = 1;; patience += 1 + seed % 5) {
      uint64_t asked = 0;
      options.interrupted = [&] { return ++asked > patience; };
      last = SeenByExplore(scene, options);
      if (!last.exploration.interrupted) break;
      EXPECT_FALSE(last.exploration.exhausted);
      ++interrupted;
      // As a kill in the middle of a record leaves it.
      const auto file = std::filesystem::directory_iterator(folder)->path();
      const uint64_t size = std::filesystem::file_size(file);
      if (seed % 2 == 0) std::filesystem::resize_file(file, size - size / 9);
    }
    ASSERT_TRUE(last.seen == whole.seen) << seed;
    ASSERT_TRUE(Figures(last.exploration) == Figures(whole.exploration))
        << seed;
    std::filesystem::remove_all(folder);
  }
  EXPECT_GT(interrupted, kTraces / 10);
}

TEST(ExhaustiveSpaceTest, ShardsAddUpToTheWhole) {
  for (uint64_t seed = 1; seed <= kTraces / 10; ++seed) {
    Scene scene(seed);
    if (!IsSmall(scene)) continue;
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    const Explored whole = SeenByExplore(scene, options);
    Seen seen;
    std::set<Hash128> keys;
    uint64_t states = 0;
    options.shard.count = 2 + seed % 3;
    for (uint32_t i = 1; i <= options.shard.count; ++i) {
      options.shard.index = i;
      const Explored part = SeenByExplore(scene, options);
      seen.insert(part.seen.begin(), part.seen.end());
      keys.insert(part.exploration.run_keys.begin(),
                  part.exploration.run_keys.end());
      states += part.exploration.states;
    }
    ASSERT_TRUE(seen == whole.seen) << seed;
    ASSERT_EQ(states, whole.exploration.states) << seed;
    ASSERT_EQ(keys.size(), whole.exploration.runs) << seed;
  }
}

}  // namespace
}  // namespace powercut
