// Tests the two halves of the cache: runs that are used stay, the others go,
// and the count of dropped runs is right.

#include "harness/cache/observation_cache.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint32_t kContents = 200;
constexpr uint64_t kBytesMax = 8192;

// One block with many contents, and for each of them a run that read it.
class ObservationCacheTest : public testing::Test {
 protected:
  static Trace ManyVersions() {
    Trace trace = EmptyTrace(1);
    for (uint32_t i = 1; i < kContents; ++i) {
      Write(trace, 0, {i}, Layer::kHost);
    }
    return trace;
  }

  CrashState StateWith(uint32_t version) const {
    return {.point = kContents - 1,
            .marks = 0,
            .kind = CrashKind::kPower,
            .origin = CrashState::kNewest,
            .choices = {{0, version, {}, 0}}};
  }

  bool Finds(ObservationCache& cache, uint32_t version) {
    ReadTree::Miss miss;
    const CachedRun* run = cache.Find(StateWith(version), path_, miss);
    EXPECT_TRUE(run == nullptr || run->outcome == version);
    return run != nullptr;
  }

  ObservationCache::Inserted Insert(ObservationCache& cache, uint32_t version) {
    CachedRun run;
    run.outcome = version;
    const std::vector<ContentId> path = {contents_.Of(Slot{0}, version)};
    return cache.Insert(path, run);
  }

  // How many runs can be found, without marking them as used.
  uint32_t Held(const ObservationCache& cache) {
    uint32_t held = 0;
    for (uint32_t v = 0; v < kContents; ++v) {
      ObservationCache copy = cache;
      held += Finds(copy, v) ? 1 : 0;
    }
    return held;
  }

  Trace trace_ = ManyVersions();
  CrashSpace space_{trace_, kSectorBytes};
  BlockContents contents_{space_};
  std::vector<ContentId> path_;
};

TEST_F(ObservationCacheTest, WhatIsUsedStays) {
  ObservationCache cache(contents_, kBytesMax);
  for (uint32_t v = 0; v < kContents; ++v) {
    EXPECT_EQ(Insert(cache, v), ObservationCache::Inserted::kNew);
    EXPECT_TRUE(Finds(cache, v));
    EXPECT_TRUE(Finds(cache, 0)) << v;
  }
  EXPECT_GT(cache.evicted(), 0u);
}

TEST_F(ObservationCacheTest, WhatIsNotGoes) {
  ObservationCache cache(contents_, kBytesMax);
  for (uint32_t v = 0; v < kContents; ++v) Insert(cache, v);
  EXPECT_FALSE(Finds(cache, 0));
  EXPECT_TRUE(Finds(cache, kContents - 1));
}

TEST_F(ObservationCacheTest, NothingGoesWhereThereIsRoom) {
  ObservationCache cache(contents_, 1 << 20);
  for (uint32_t v = 0; v < kContents; ++v) Insert(cache, v);
  EXPECT_EQ(Held(cache), kContents);
  EXPECT_EQ(cache.evicted(), 0u);
  EXPECT_EQ(Insert(cache, 7), ObservationCache::Inserted::kKnown);
}

TEST_F(ObservationCacheTest, EvictedIsWhatIsMissing) {
  ObservationCache cache(contents_, kBytesMax);
  Prng prng(1);
  uint64_t filed = 0;
  for (uint32_t round = 0; round < 2000; ++round) {
    // Small numbers come more often than large ones.
    const auto v = static_cast<uint32_t>(prng.Below(1 + prng.Below(kContents)));
    if (!Finds(cache, v)) {
      EXPECT_EQ(Insert(cache, v), ObservationCache::Inserted::kNew);
      ++filed;
    }
    if (round % 100 > 0) continue;
    ASSERT_EQ(Held(cache) + cache.evicted(), filed);
  }
  EXPECT_GT(cache.evicted(), kContents);
}

// A run is out of order if it read the same as an earlier one and then ended
// earlier or read on. It is kept once it is arranged: an earlier run that
// decides its state stays, and a run that read less gets what its state holds.
TEST_F(ObservationCacheTest, RunsOutOfOrderAreArranged) {
  ObservationCache cache(contents_, kBytesMax);
  Insert(cache, 3);
  std::vector<ContentId> longer = {contents_.Of(Slot{0}, 3),
                                   contents_.Of(Slot{0}, 4)};
  EXPECT_EQ(cache.Insert(longer, {}), ObservationCache::Inserted::kOutOfOrder);
  EXPECT_EQ(cache.Insert({}, {}), ObservationCache::Inserted::kOutOfOrder);
  EXPECT_TRUE(Finds(cache, 3));

  CachedRun run;
  run.copied = {0};
  cache.Arrange(StateWith(3), longer, run);
  EXPECT_TRUE(run.copied.empty());
  EXPECT_EQ(longer, std::vector{contents_.Of(Slot{0}, 3)});
  EXPECT_EQ(cache.Insert(longer, {}), ObservationCache::Inserted::kKnown);

  std::vector<ContentId> shorter;
  cache.Arrange(StateWith(5), shorter, run);
  EXPECT_EQ(shorter, std::vector{contents_.Of(Slot{0}, 5)});
  run.outcome = 5;
  EXPECT_EQ(cache.Insert(shorter, run), ObservationCache::Inserted::kNew);
  EXPECT_TRUE(Finds(cache, 5));
  EXPECT_FALSE(Finds(cache, 6));
}

}  // namespace
}  // namespace powercut
