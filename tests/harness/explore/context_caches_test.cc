// Tests which contexts a bounded memory forgets, what is counted of them, and
// that the keys of runs differ between contexts.

#include "harness/explore/context_caches.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr EventNumber kVersions = 40;
// How much a run holds, so that little else of a cache counts.
constexpr size_t kPieces = 2000;
constexpr uint64_t kRunBytes = kPieces * sizeof(CopiedPiece);

// A block of many versions. The context of a state is the number of its marks.
class ContextCachesTest : public testing::Test {
 protected:
  static Trace ManyVersions() {
    Trace trace = EmptyTrace(1);
    for (uint64_t word = 1; word <= kVersions; ++word) {
      Write(trace, 0, Words(1, word), Layer::kDevice);
    }
    return trace;
  }

  ContextCaches Caches(uint64_t bytes_max) {
    return {contents_,
            [](const CrashState& state) { return uint64_t{state.marks}; },
            bytes_max};
  }
  // The state of a context that holds this version of the block.
  static CrashState State(uint32_t context, VersionIndex version = kVersions) {
    CrashState state{
        kVersions, context, CrashKind::kPower, CrashState::kNewest, {}};
    if (version < kVersions) state.choices = {{0, version, {}, 0}};
    return state;
  }
  // Adds the run of a state.
  void Add(ContextCaches& caches, const CrashState& state) {
    CachedRun run;
    run.copies.resize(kPieces);
    const std::vector<ContentId> path = {contents_.In(state, 0)};
    EXPECT_EQ(caches.Of(state).Insert(path, std::move(run)),
              ObservationCache::Inserted::kNew);
  }
  static bool Knows(ContextCaches& caches, const CrashState& state) {
    std::vector<ContentId> path;
    ReadTree::Miss miss;
    return caches.Of(state).Find(state, path, miss) != nullptr;
  }

  Trace trace_ = ManyVersions();
  CrashSpace space_{trace_, kSectorBytes};
  BlockContents contents_{space_};
};

// With room for so many runs, at least some half of them are the last ones.
TEST_F(ContextCachesTest, TheLowestContextsAreForgotten) {
  constexpr uint32_t kRoom = 12;
  for (uint32_t last = 30; last <= 60; ++last) {
    ContextCaches caches = Caches(kRoom * kRunBytes);
    for (uint32_t context = 1; context <= last; ++context) {
      Add(caches, State(context));
      EXPECT_TRUE(Knows(caches, State(context)));
    }
    const uint64_t dropped = caches.evicted();
    // Asking makes caches, so that the last context is asked for first.
    uint32_t known = 0;
    while (known < last && Knows(caches, State(last - known))) ++known;
    EXPECT_GE(known, kRoom / 2 - 1) << last;
    EXPECT_LE(known, kRoom) << last;
    EXPECT_EQ(dropped + known, last);
    EXPECT_FALSE(Knows(caches, State(1)));
  }
}

TEST_F(ContextCachesTest, WhatWasDroppedStaysCounted) {
  ContextCaches caches = Caches(8 * kRunBytes);
  uint64_t dropped = 0;
  for (uint32_t context = 1; context <= 5; ++context) {
    for (VersionIndex version = 0; version < kVersions; ++version) {
      Add(caches, State(context, version));
      EXPECT_GE(caches.evicted(), dropped);
      dropped = caches.evicted();
    }
    // A cache keeps eight of forty runs at most.
    EXPECT_GE(dropped, context * (kVersions - 8));
    EXPECT_LE(dropped, context * kVersions);
  }
}

TEST_F(ContextCachesTest, KeysDifferBetweenContexts) {
  const ContextCaches caches = Caches(kRunBytes);
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (const Hash128 key : {Hash128{0, 0}, Hash128{5, 9}}) {
    for (uint32_t context = 0; context < 100; ++context) {
      const Hash128 within = caches.InContext(key, State(context));
      EXPECT_TRUE(seen.emplace(within.low, within.high).second) << context;
      EXPECT_EQ(within == key, context == 0) << context;
    }
  }
}

}  // namespace
}  // namespace powercut
