// Tests that a CrashImage, whatever it held before, becomes exactly the disk
// that the definition gives.

#include "harness/space/crash_image.h"

#include <gtest/gtest.h>

#include <vector>

#include "harness/space/enumerate.h"
#include "tests/harness/space/naive_crash_space.h"
#include "tests/harness/space/random_state.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

TEST(CrashImage, HoldsTheBaseAtFirst) {
  Trace trace = TraceOver({1, 2, 3});
  Write(trace, 0, {4}, Layer::kDevice);
  const CrashSpace space(trace, 1024);
  CrashImage image(space, CrashKind::kPower);
  EXPECT_EQ(WordsOf(image.bytes()), (Words{1, 2, 3}));
}

TEST(CrashImage, BecomesEveryEnumeratedState) {
  Trace trace = TraceOver({1, 2, 3, 4, 5});
  Write(trace, 0, {11, 12, 13, 14, 15}, Layer::kDevice);
  Write(trace, 1, {22, 23, 24}, Layer::kHost);
  trace.AddDiscard({3, 2});
  for (const uint32_t atomic_bytes : {512u, 1024u, 2048u}) {
    const CrashSpace space(trace, atomic_bytes);
    CrashImage image(space, CrashKind::kPower);
    PointCursor cursor(space, CrashKind::kPower);
    for (const EventNumber point : {3u, 0u, 2u, 1u, 3u}) {
      cursor.MoveTo(point);
      const NaiveCrashSpace naive(trace, atomic_bytes, CrashKind::kPower,
                                  point);
      EnumerateStates(cursor, {ExplorationSpace::kEpoch, 3, 2}, 1,
                      [&](const CrashState& state, const Hash128&) {
                        image.Become(state);
                        EXPECT_EQ(WordsOf(image.bytes()),
                                  naive.ImageOf(naive.StateOf(state, space)));
                        return !testing::Test::HasFailure();
                      });
    }
  }
}

TEST(CrashImage, BecomesRandomStatesInRandomOrder) {
  for (uint64_t seed = 0; seed < 1500 / kSlowdown; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Prng prng(seed);
    const Trace trace =
        RandomTrace(prng, {.sectors_max = 12, .events_max = 14});
    const uint32_t atomic_bytes = RandomAtomicBytes(prng);
    const CrashSpace space(trace, atomic_bytes);
    const CrashKind kind = RandomKind(prng);
    CrashImage image(space, kind);
    PointCursor cursor(space, kind);
    for (int step = 0; step < 25; ++step) {
      // Most moves are small, as in an exploration.
      if (prng.OneIn(2)) {
        cursor.MoveTo(
            static_cast<EventNumber>(prng.Below(trace.event_count() + 1)));
      }
      const CrashState state = RandomState(cursor, prng);
      image.Become(state);
      const NaiveCrashSpace naive(trace, atomic_bytes, kind, cursor.point());
      ASSERT_EQ(WordsOf(image.bytes()),
                naive.ImageOf(naive.StateOf(state, space)))
          << "point " << cursor.point() << " step " << step;
    }
  }
}

// Images that came to the same contents in two ways are equal page by page.
TEST(CrashImage, DoesNotDependOnTheWayThere) {
  for (uint64_t seed = 0; seed < 200 / kSlowdown; ++seed) {
    Prng prng(seed + 1'000'000);
    const Trace trace = RandomTrace(
        prng, {.sectors_max = 40, .events_max = 20, .range_max = 30});
    const CrashSpace space(trace, RandomAtomicBytes(prng));
    PointCursor cursor(space, CrashKind::kPower);
    CrashImage wandering(space, CrashKind::kPower);
    for (int step = 0; step < 10; ++step) {
      cursor.MoveTo(
          static_cast<EventNumber>(prng.Below(trace.event_count() + 1)));
      const CrashState state = RandomState(cursor, prng);
      wandering.Become(state);
      CrashImage direct(space, CrashKind::kPower);
      direct.Become(state);
      EXPECT_TRUE(wandering.bytes().SameBytes(direct.bytes()));
      CrashImage other_form(space, CrashKind::kPower);
      other_form.Become(FromOrigin(state,
                                   state.origin == CrashState::kNewest
                                       ? CrashState::kFloor
                                       : CrashState::kNewest,
                                   cursor));
      EXPECT_TRUE(wandering.bytes().SameBytes(other_form.bytes()));
    }
  }
}

TEST(CrashImage, TheLastPrefixIsTheLiveDisk) {
  for (uint64_t seed = 0; seed < 300 / kSlowdown; ++seed) {
    Prng prng(seed + 2'000'000);
    const Trace trace = RandomTrace(prng);
    const CrashSpace space(trace, RandomAtomicBytes(prng));
    const CrashKind kind = RandomKind(prng);
    CrashImage image(space, kind);
    image.Become({trace.event_count(), 0, kind, CrashState::kNewest, {}});
    EXPECT_TRUE(image.bytes().SameBytes(ApplyAll(trace)));
  }
}

}  // namespace
}  // namespace powercut
