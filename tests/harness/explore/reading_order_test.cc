// Tests recoveries that read in an order that varies, as programs with threads
// or processes do: what is visited is what all states would show, and the
// storage is not accused. A recovery that shows another result where it read
// the same is accused, and both results are shown.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/explore/random_scene.h"

namespace powercut {
namespace {

constexpr uint64_t kScenes = 300 / kSlowdown;

// How often a recovery was made in this process: it chooses the order of
// reading, as a scheduler does.
uint64_t g_turn = 0;

enum class Shows { kTheDisk, kTheOrder };

// Reads sector 0, then a set of sectors that follows from its content, then a
// set that follows from all these contents. Each set is read in any order, and
// now and then other sectors are read in between, which nothing follows from.
class ShufflingMount : public Mount {
 public:
  ShufflingMount(VirtualDisk& disk, uint64_t seed, Shows shows)
      : disk_(disk), seen_(seed), order_(++g_turn), shows_(shows) {
    seen_ += HashOf(0);
    for (int i = 0; i < 2; ++i) ReadSet();
    Bytes bytes(disk_.geometry().sector_bytes);
    bytes[0] = static_cast<std::byte>(seen_ % 251);
    (void)disk_.Write(seen_ % sectors(), bytes, Layer::kDevice).has_value();
  }

  OpResult Apply(const Op&, uint64_t, std::string_view) override { return {}; }
  OpResult Shutdown() override { return {}; }

  Observation Observe() override {
    ObservedEntry entry;
    entry.path = "/seen";
    entry.file_id = 5;
    entry.content = std::to_string(seen_);
    if (shows_ == Shows::kTheOrder) {
      entry.content += std::to_string(order_.Below(2));
    }
    entry.size_bytes = entry.content.size();
    Observation observation;
    observation.entries = {std::move(entry)};
    return observation;
  }

 private:
  uint64_t sectors() const { return disk_.geometry().sector_count; }

  uint64_t HashOf(uint64_t sector) {
    Bytes bytes(disk_.geometry().sector_bytes);
    (void)disk_.Read(sector, bytes).has_value();
    return HashBytes(bytes, sector).low;
  }

  void ReadSet() {
    Prng chosen(seen_);
    std::vector<uint64_t> set;
    for (uint64_t n = chosen.Below(5); n > 0; --n) {
      set.push_back(chosen.Below(sectors()));
    }
    for (size_t i = set.size(); i > 1; --i) {
      std::swap(set[i - 1], set[order_.Below(i)]);
    }
    for (const uint64_t sector : set) {
      if (order_.OneIn(4)) HashOf(order_.Below(sectors()));
      // A sum is the same in any order.
      seen_ += HashOf(sector);
    }
  }

  VirtualDisk& disk_;
  uint64_t seen_;
  Prng order_;
  Shows shows_;
};

class ShufflingBackend : public Backend {
 public:
  ShufflingBackend(uint64_t seed, Shows shows) : seed_(seed), shows_(shows) {}

  const BackendTraits& traits() const override { return traits_; }
  Result<std::shared_ptr<const SparseImage>> Format(
      const FormatSpec& spec) override {
    return std::make_shared<const SparseImage>(spec.geometry.size_bytes());
  }
  MountResult Open(VirtualDisk& disk) override {
    return {std::make_unique<ShufflingMount>(disk, seed_, shows_), ""};
  }

 private:
  BackendTraits traits_;
  uint64_t seed_;
  Shows shows_;
};

bool Accuses(const Exploration& e) {
  return std::any_of(e.findings.begin(), e.findings.end(), [](const auto& f) {
    return f.violation.kind == ViolationKind::kNondeterministic;
  });
}

TEST(ReadingOrderTest, AnyOrderVisitsWhatBruteForceSees) {
  uint64_t reordered = 0;
  uint64_t runs = 0;
  uint64_t states = 0;
  for (uint64_t seed = 1; seed <= kScenes; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ShufflingBackend backend(seed, Shows::kTheDisk);
    const SeenStates all = SeenByBruteForce(scene.On(backend), scene.space);
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    options.doublecheck = 1;
    // Every third time the cache has hardly any room.
    if (seed % 3 == 0) options.cache_bytes = 1 << (seed % 13);
    const SeenExploration explored = SeenByExplore(scene.On(backend), options);
    EXPECT_FALSE(Accuses(explored.exploration)) << seed;
    ASSERT_TRUE(explored.exploration.exhausted) << seed;
    ASSERT_TRUE(explored.seen.seen == all.seen)
        << "seed " << seed << ": " << explored.seen.seen.size() << " of "
        << all.seen.size();
    reordered += explored.exploration.reordered_runs;
    runs += explored.exploration.runs;
    states += explored.exploration.states;
  }
  EXPECT_GT(reordered, kScenes);
  // The cache must still decide most states.
  EXPECT_LT(runs * 2, states);
}

// Shards are merged by the keys of their runs, so that two runs which decide
// different states must not have one key.
TEST(ReadingOrderTest, RunsInAnyOrderHaveKeysOfTheirOwn) {
  uint64_t reordered = 0;
  for (uint64_t seed = 1; seed <= kScenes / 3; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ShufflingBackend backend(seed, Shows::kTheDisk);
    for (const uint32_t index : {1, 2}) {
      ExploreOptions options;
      options.space = scene.space;
      options.jobs = 0;
      options.shard = {index, 2};
      const auto e = Explore(scene.On(backend), options);
      ASSERT_TRUE(e);
      const std::vector<Hash128>& keys = e->run_keys;
      ASSERT_EQ(keys.size(), e->runs) << seed;
      ASSERT_EQ(std::ranges::adjacent_find(keys), keys.end()) << seed;
      reordered += e->reordered_runs;
    }
  }
  EXPECT_GT(reordered, kScenes / 3);
}

TEST(ReadingOrderTest, NestedCrashesAccuseNobody) {
  uint64_t nested = 0;
  for (uint64_t seed = 1; seed <= kScenes / 3; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ShufflingBackend backend(seed, Shows::kTheDisk);
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    options.nested = 1;
    const Exploration e = SeenByExplore(scene.On(backend), options).exploration;
    EXPECT_FALSE(Accuses(e)) << seed;
    EXPECT_TRUE(e.exhausted) << seed;
    nested += e.nested_states;
  }
  EXPECT_GT(nested, kScenes);
}

TEST(ReadingOrderTest, AnotherResultIsShownBesideTheFirst) {
  uint64_t accused = 0;
  uint64_t scenes = 0;
  for (uint64_t seed = 1; seed <= kScenes / 3; ++seed) {
    RandomScene scene(seed);
    if (!scene.IsSmall()) continue;
    ShufflingBackend backend(seed, Shows::kTheOrder);
    ExploreOptions options;
    options.space = scene.space;
    options.jobs = 0;
    options.doublecheck = 1;
    const Exploration e = SeenByExplore(scene.On(backend), options).exploration;
    ++scenes;
    for (const Finding& finding : e.findings) {
      if (finding.violation.kind != ViolationKind::kNondeterministic) continue;
      ++accused;
      const std::string& found = finding.violation.found;
      EXPECT_NE(found.find("/seen"), std::string::npos) << found;
      EXPECT_NE(found.find("another way"), std::string::npos) << found;
    }
  }
  EXPECT_GT(accused * 2, scenes);
}

}  // namespace
}  // namespace powercut
