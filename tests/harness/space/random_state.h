// Makes random states of a crash point, with tears that no enumeration makes:
// in the middle of a write, and over any older version.

#ifndef POWERCUT_TESTS_HARNESS_SPACE_RANDOM_STATE_H_
#define POWERCUT_TESTS_HARNESS_SPACE_RANDOM_STATE_H_

#include "harness/base/prng.h"
#include "harness/space/crash_state.h"

namespace powercut {

inline BlockChoice RandomChoice(const PointCursor& cursor, Slot slot,
                                Prng& prng) {
  const CrashSpace& space = cursor.space();
  const VersionIndex floor = cursor.floor(slot);
  const auto below = [&prng](uint64_t bound) {
    return static_cast<VersionIndex>(prng.Below(bound));
  };
  BlockChoice choice{
      slot, floor + below(cursor.newest(slot) - floor + 1), {}, 0};
  if (choice.version == floor || !prng.OneIn(3)) return choice;
  const SectorRange written = space.WrittenSectors(slot, choice.version);
  if (written.count < 2) return choice;
  choice.torn.count = 1 + prng.Below(written.count - 1);
  choice.torn.first =
      written.first + prng.Below(written.count - choice.torn.count + 1);
  choice.under = floor + below(choice.version - floor);
  return choice;
}

// Returns a state of the cursor's point, with either origin.
inline CrashState RandomState(const PointCursor& cursor, Prng& prng) {
  CrashState state{cursor.point(),
                   0,
                   cursor.kind(),
                   prng.OneIn(2) ? CrashState::kNewest : CrashState::kFloor,
                   {}};
  const uint64_t rarely = 1 + prng.Below(4);
  for (const Slot slot : cursor.open()) {
    if (!prng.OneIn(rarely)) continue;
    const BlockChoice choice = RandomChoice(cursor, slot, prng);
    const VersionIndex usual = state.origin == CrashState::kNewest
                                   ? cursor.newest(slot)
                                   : cursor.floor(slot);
    if (choice.version != usual || choice.torn.count > 0) {
      state.choices.push_back(choice);
    }
  }
  return state;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_SPACE_RANDOM_STATE_H_
