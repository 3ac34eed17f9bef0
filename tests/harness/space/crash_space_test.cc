// Tests CrashSpace: each rule of docs/crash_model.md 3 by hand, then thousands
// of random traces against NaiveCrashSpace.

#include "harness/space/crash_space.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <tuple>
#include <vector>

#include "tests/harness/space/naive_crash_space.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

// The floors of the block of a sector at the end of the trace, as the event
// that made the floor's version: after a process, an os and a power crash.
using Floors = std::array<EventNumber, 3>;

Floors FloorsOf(const Trace& trace, uint64_t sector,
                uint32_t atomic_bytes = kSectorBytes) {
  const CrashSpace space(trace, atomic_bytes);
  Floors floors{};
  for (const CrashKind kind : kCrashKinds) {
    PointCursor cursor(space, kind);
    cursor.MoveTo(trace.event_count());
    const Slot slot = space.SlotOfSector(sector);
    floors[static_cast<size_t>(kind)] =
        space.versions(slot)[cursor.floor(slot)].event;
  }
  return floors;
}

TEST(CrashSpaceFloors, AWriteSurvivesFromItsLayerOn) {
  Trace trace = EmptyTrace(3);
  Write(trace, 0, {1}, Layer::kProcess);
  Write(trace, 1, {2}, Layer::kHost);
  Write(trace, 2, {3}, Layer::kDevice);
  EXPECT_EQ(FloorsOf(trace, 0), (Floors{0, 0, 0}));
  EXPECT_EQ(FloorsOf(trace, 1), (Floors{2, 0, 0}));
  EXPECT_EQ(FloorsOf(trace, 2), (Floors{3, 3, 0}));
}

TEST(CrashSpaceFloors, PersistAllCarriesOnlyFromTheLayerJustBefore) {
  for (const Layer to : {Layer::kHost, Layer::kDevice, Layer::kMedia}) {
    Trace trace = EmptyTrace(3);
    Write(trace, 0, {1}, Layer::kProcess);
    Write(trace, 1, {2}, Layer::kHost);
    Write(trace, 2, {3}, Layer::kDevice);
    trace.AddPersist(to, nullptr, std::nullopt);
    const bool host = to == Layer::kHost;
    const bool device = to == Layer::kDevice;
    const bool media = to == Layer::kMedia;
    EXPECT_EQ(FloorsOf(trace, 0), (Floors{host ? 1u : 0u, 0, 0}));
    EXPECT_EQ(FloorsOf(trace, 1), (Floors{2, device ? 2u : 0u, 0}));
    EXPECT_EQ(FloorsOf(trace, 2), (Floors{3, 3, media ? 3u : 0u}));
  }
}

TEST(CrashSpaceFloors, ANewerVersionInAHigherLayerHidesNothingFromAFlush) {
  Trace trace = EmptyTrace(1);
  Write(trace, 0, {1}, Layer::kDevice);
  Write(trace, 0, {2}, Layer::kHost);
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0), (Floors{2, 1, 1}));
  trace.AddPersist(Layer::kDevice, nullptr, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0), (Floors{2, 2, 1}));
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0), (Floors{2, 2, 2}));
}

TEST(CrashSpaceFloors, NamedSectorsAreCarriedFromAnyLayer) {
  for (const Layer from : {Layer::kProcess, Layer::kHost, Layer::kDevice}) {
    Trace trace = EmptyTrace(3);
    Write(trace, 0, {1, 2, 3}, from);
    const SectorSet middle = SetOf({1});
    trace.AddPersist(Layer::kMedia, &middle, std::nullopt);
    const Floors untouched = {from >= Layer::kHost ? 1u : 0u,
                              from >= Layer::kDevice ? 1u : 0u, 0};
    EXPECT_EQ(FloorsOf(trace, 0), untouched);
    EXPECT_EQ(FloorsOf(trace, 1), (Floors{1, 1, 1}));
    EXPECT_EQ(FloorsOf(trace, 2), untouched);
  }
  Trace trace = EmptyTrace(2);
  Write(trace, 0, {1}, Layer::kProcess);
  const SectorSet both = SetOf({0, 1});
  trace.AddPersist(Layer::kDevice, &both, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0), (Floors{1, 1, 0}));
}

TEST(CrashSpaceFloors, UptoKeepsLaterWritesOut) {
  const SectorSet scope = SetOf({0});
  for (const SectorSet* sectors :
       {static_cast<const SectorSet*>(nullptr), &scope}) {
    Trace trace = EmptyTrace(1);
    Write(trace, 0, {1}, Layer::kDevice);
    Write(trace, 0, {2}, Layer::kDevice);
    Write(trace, 0, {3}, Layer::kDevice);
    trace.AddPersist(Layer::kMedia, sectors, 0);
    EXPECT_EQ(FloorsOf(trace, 0), (Floors{3, 3, 0}));
    trace.AddPersist(Layer::kMedia, sectors, 2);
    EXPECT_EQ(FloorsOf(trace, 0), (Floors{3, 3, 2}));
    // A flush with an older limit takes nothing back.
    trace.AddPersist(Layer::kMedia, sectors, 1);
    EXPECT_EQ(FloorsOf(trace, 0), (Floors{3, 3, 2}));
    trace.AddPersist(Layer::kMedia, sectors, std::nullopt);
    EXPECT_EQ(FloorsOf(trace, 0), (Floors{3, 3, 3}));
  }
}

TEST(CrashSpaceFloors, ADiscardIsADeviceVersionOfZeros) {
  Trace trace = TraceOver({7, 8});
  trace.AddDiscard({0, 2});
  EXPECT_EQ(FloorsOf(trace, 0), (Floors{1, 1, 0}));
  const CrashSpace space(trace, kSectorBytes);
  for (const Slot slot : {0u, 1u}) {
    ASSERT_EQ(space.versions(slot).size(), 2u);
    EXPECT_EQ(WordsOf({space.versions(slot)[0].content, kSectorBytes}),
              Words{7 + slot});
    EXPECT_EQ(WordsOf({space.versions(slot)[1].content, kSectorBytes}),
              Words{0});
  }
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 1), (Floors{1, 1, 1}));
}

TEST(CrashSpaceFloors, ForcedUnitAccessIsAWriteAndAPersistOfItsSectors) {
  Trace trace = EmptyTrace(4);
  Write(trace, 0, {1, 1}, Layer::kDevice);
  Write(trace, 2, {2, 2}, Layer::kDevice);
  const SectorSet forced = SetOf({2, 3});
  trace.AddPersist(Layer::kMedia, &forced, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0), (Floors{1, 1, 0}));
  EXPECT_EQ(FloorsOf(trace, 2), (Floors{2, 2, 2}));
  EXPECT_EQ(FloorsOf(trace, 3), (Floors{2, 2, 2}));
}

TEST(CrashSpaceFloors, ABlockIsHeldDownByEverySectorInIt) {
  Trace trace = EmptyTrace(4);
  Write(trace, 0, {1}, Layer::kHost);
  Write(trace, 1, {2}, Layer::kHost);
  Write(trace, 2, {3}, Layer::kHost);
  const SectorSet second = SetOf({1});
  trace.AddPersist(Layer::kMedia, &second, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0, 2048), (Floors{3, 2, 2}));
  // An older sector that arrives later lowers nothing.
  const SectorSet first = SetOf({0});
  trace.AddPersist(Layer::kMedia, &first, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0, 2048), (Floors{3, 2, 2}));
  const SectorSet third = SetOf({2});
  trace.AddPersist(Layer::kMedia, &third, std::nullopt);
  EXPECT_EQ(FloorsOf(trace, 0, 2048), (Floors{3, 3, 3}));
}

TEST(CrashSpace, ADiskNeedNotBeAWholeNumberOfBlocks) {
  Trace trace = TraceOver({1, 2, 3, 4, 5});
  Write(trace, 4, {9}, Layer::kDevice);
  Write(trace, 2, {7, 7, 8}, Layer::kDevice);
  const CrashSpace space(trace, 2048);
  ASSERT_EQ(space.slot_count(), 2u);
  EXPECT_EQ(space.block(0), 0u);
  EXPECT_EQ(space.block(1), 1u);
  const auto content = [&](Slot slot, VersionIndex version) {
    return WordsOf({space.versions(slot)[version].content, 2048});
  };
  EXPECT_EQ(content(1, 0), (Words{5, 0, 0, 0}));
  EXPECT_EQ(content(1, 1), (Words{9, 0, 0, 0}));
  EXPECT_EQ(content(1, 2), (Words{8, 0, 0, 0}));
  EXPECT_EQ(content(0, 1), (Words{1, 2, 7, 7}));
  EXPECT_EQ(space.WrittenSectors(0, 1), (SectorRange{2, 2}));
  EXPECT_EQ(space.WrittenSectors(1, 2), (SectorRange{0, 1}));
  EXPECT_EQ(space.SlotsOf(1), (std::pair{Slot{1}, Slot{1}}));
  EXPECT_EQ(space.SlotsOf(2), (std::pair{Slot{0}, Slot{1}}));
}

TEST(CrashSpace, AnUntouchedDiskHasOneState) {
  Trace trace = EmptyTrace(4);
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  const CrashSpace space(trace, 1024);
  EXPECT_EQ(space.slot_count(), 0u);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(1);
  EXPECT_TRUE(cursor.open().empty());
  EXPECT_EQ(cursor.SpaceLog2(), 0);
  EXPECT_EQ(cursor.newest_hash(), cursor.floor_hash());
}

// Returns the hash of an image as its difference from the base, block by block.
Hash128 HashFromScratch(const NaiveCrashSpace& naive, const NaiveState& state) {
  Hash128 hash;
  size_t next_open = 0;
  for (const NaiveBlock& block : naive.blocks()) {
    const NaiveChoice choice =
        block.open() ? state[next_open++] : NaiveChoice{block.newest(), {}, 0};
    hash ^= HashBytes(SectorsOf(naive.ContentOf(block, choice)), block.number);
    hash ^= HashBytes(SectorsOf(block.versions[0].content), block.number);
  }
  return hash;
}

void ExpectSameVersions(const CrashSpace& space, Slot slot,
                        const NaiveBlock& block) {
  const auto versions = space.versions(slot);
  ASSERT_EQ(versions.size(), block.versions.size());
  for (VersionIndex v = 0; v < versions.size(); ++v) {
    const NaiveVersion& version = block.versions[v];
    EXPECT_EQ(versions[v].event, version.event);
    EXPECT_EQ(WordsOf({versions[v].content, space.block_bytes()}),
              version.content);
    EXPECT_EQ(versions[v].hash,
              HashBytes(SectorsOf(version.content), block.number));
    if (v == 0) continue;
    SectorRange written = space.WrittenSectors(slot, v);
    written.first += block.number * space.sectors_per_block();
    EXPECT_EQ(written, version.written);
  }
}

// Compares the cursor with a space that was computed from the trace anew.
void ExpectSamePoint(const PointCursor& cursor, const NaiveCrashSpace& naive) {
  const CrashSpace& space = cursor.space();
  double log2 = 0;
  std::vector<uint64_t> open;
  for (const Slot slot : cursor.open()) open.push_back(space.block(slot));
  EXPECT_EQ(open,
            std::vector<uint64_t>(naive.open().begin(), naive.open().end()));
  for (Slot slot = 0; slot < space.slot_count(); ++slot) {
    const NaiveBlock& block = naive.blocks()[space.block(slot)];
    EXPECT_EQ(cursor.newest(slot), block.newest());
    EXPECT_EQ(cursor.floor(slot), block.floor);
    log2 += std::log2(block.newest() - block.floor + 1);
  }
  EXPECT_NEAR(cursor.SpaceLog2(), log2, 1e-9);
  EXPECT_EQ(cursor.newest_hash(), HashFromScratch(naive, naive.Newest()));
  EXPECT_EQ(cursor.floor_hash(), HashFromScratch(naive, naive.Floor()));
}

TEST(CrashSpace, EqualsTheNaiveSpaceOnRandomTraces) {
  constexpr uint64_t kTraces = 3000 / kSlowdown;
  for (uint64_t seed = 0; seed < kTraces && !testing::Test::HasFailure();
       ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Prng prng(seed);
    const Trace trace =
        RandomTrace(prng, {.sectors_max = 11, .events_max = 16});
    const uint32_t atomic_bytes = RandomAtomicBytes(prng);
    const CrashSpace space(trace, atomic_bytes);
    const NaiveCrashSpace last(trace, atomic_bytes, CrashKind::kPower,
                               trace.event_count());
    Slot slot = 0;
    for (const NaiveBlock& block : last.blocks()) {
      if (block.versions.size() == 1) continue;
      ASSERT_LT(slot, space.slot_count());
      ASSERT_EQ(space.block(slot), block.number);
      ExpectSameVersions(space, slot++, block);
    }
    EXPECT_EQ(slot, space.slot_count());
    for (const CrashKind kind : kCrashKinds) {
      PointCursor cursor(space, kind);
      for (EventNumber point = 0; point <= trace.event_count(); ++point) {
        SCOPED_TRACE(testing::Message()
                     << "point " << point << " " << CrashKindName(kind));
        cursor.MoveTo(point);
        ExpectSamePoint(cursor,
                        NaiveCrashSpace(trace, atomic_bytes, kind, point));
      }
    }
  }
}

// Crash kinds can be compared with each other: whatever happened, what survives
// a stronger crash also survives a weaker one, and time takes nothing back.
TEST(CrashSpace, FloorsOnlyRiseAndStrongerCrashesKeepLess) {
  for (uint64_t seed = 0; seed < 1000 / kSlowdown; ++seed) {
    Prng prng(seed + 1'000'000);
    const Trace trace = RandomTrace(prng, {.events_max = 20});
    const CrashSpace space(trace, RandomAtomicBytes(prng));
    std::array<PointCursor, 3> cursors = {
        PointCursor(space, CrashKind::kProcess),
        PointCursor(space, CrashKind::kOs),
        PointCursor(space, CrashKind::kPower)};
    std::vector<VersionIndex> before(space.slot_count(), 0);
    for (EventNumber point = 1; point <= trace.event_count(); ++point) {
      for (PointCursor& cursor : cursors) cursor.MoveTo(point);
      for (Slot slot = 0; slot < space.slot_count(); ++slot) {
        ASSERT_GE(cursors[0].newest(slot), cursors[0].floor(slot));
        ASSERT_GE(cursors[0].floor(slot), cursors[1].floor(slot));
        ASSERT_GE(cursors[1].floor(slot), cursors[2].floor(slot));
        ASSERT_GE(cursors[2].floor(slot), before[slot]);
        before[slot] = cursors[2].floor(slot);
      }
    }
  }
}

TEST(PointCursor, GoingBackIsAsGoodAsComingFromTheStart) {
  for (uint64_t seed = 0; seed < 200 / kSlowdown; ++seed) {
    Prng prng(seed + 2'000'000);
    const Trace trace = RandomTrace(prng);
    const uint32_t atomic_bytes = RandomAtomicBytes(prng);
    const CrashSpace space(trace, atomic_bytes);
    const CrashKind kind = RandomKind(prng);
    PointCursor cursor(space, kind);
    for (int move = 0; move < 12; ++move) {
      const auto point =
          static_cast<EventNumber>(prng.Below(trace.event_count() + 1));
      cursor.MoveTo(point);
      EXPECT_EQ(cursor.point(), point);
      ExpectSamePoint(cursor,
                      NaiveCrashSpace(trace, atomic_bytes, kind, point));
    }
  }
}

TEST(CrashSpace, TheNewestImageIsThePrefixOfTheTrace) {
  for (uint64_t seed = 0; seed < 300 / kSlowdown; ++seed) {
    Prng prng(seed + 3'000'000);
    const Trace trace = RandomTrace(prng);
    const NaiveCrashSpace naive(trace, RandomAtomicBytes(prng),
                                RandomKind(prng), trace.event_count());
    EXPECT_EQ(naive.ImageOf(naive.Newest()), WordsOf(ApplyAll(trace)));
  }
}

}  // namespace
}  // namespace powercut
