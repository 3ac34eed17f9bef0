// CrashState: one point of a crash space, and its way to and from an id.

#ifndef POWERCUT_HARNESS_SPACE_CRASH_STATE_H_
#define POWERCUT_HARNESS_SPACE_CRASH_STATE_H_

#include <cstdint>
#include <vector>

#include "harness/space/crash_space.h"
#include "harness/space/state_id.h"

namespace powercut {

// What one block holds: a version, or, torn, a version of which some sectors
// hold what an older version had there.
struct BlockChoice {
  Slot slot = 0;
  VersionIndex version = 0;
  // Torn: the sectors of the block, counted from its first, that hold the
  // content of `under` instead. count 0: not torn. They are part of, but not
  // all of, what the version wrote.
  SectorRange torn;
  VersionIndex under = 0;  // < version

  bool operator==(const BlockChoice&) const = default;
};

struct CrashState {
  EventNumber point = 0;
  uint32_t marks = 0;
  CrashKind kind = CrashKind::kPower;
  // What every block holds that is not listed.
  enum Origin : uint8_t { kNewest, kFloor } origin = kNewest;
  // Ascending by slot, no duplicates, none equal to the origin.
  std::vector<BlockChoice> choices;

  bool operator==(const CrashState&) const = default;
};

// Copies a block's content in this state to `out` (block_bytes() bytes).
void ReadChoice(const CrashSpace& space, const BlockChoice& choice,
                MutableByteSpan out);
// The hash of that content, as of a version.
Hash128 HashOfChoice(const CrashSpace& space, const BlockChoice& choice);

// How far a state is from the prefix: blocks that do not hold their newest
// version. Requires: `cursor` stands at the state's point and kind.
uint64_t LostBlocks(const CrashState& state, const PointCursor& cursor);

// The same state from the other origin, or itself if it has this origin.
CrashState FromOrigin(const CrashState& state, CrashState::Origin origin,
                      const PointCursor& cursor);

// The canonical step of a state: of the forms from newest and from the floor
// the shorter text, `-` on a tie; sectors that a kept newer version shadows, or
// that the floor holds, are left out, and a write that is listed whole but for
// those has no range. Over 200 characters the items become a bitmap with one
// bit for each sector of each open write (a write with a version above some
// floor, up to the point), writes ascending, sectors ascending, lowest bit
// first.
CrashStep CanonicalStep(const CrashState& state, const PointCursor& cursor);

// The state a step names. Moves `cursor` to its point.
// Requires: cursor.kind() == step.kind.
// Errors: kUsage: the point, an event or a sector does not exist, the event is
// not open at the point (it can no longer be lost), the bitmap has a wrong
// size, or the step tears a block in more than one place.
Result<CrashState> ResolveStep(const CrashStep& step, PointCursor& cursor);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_CRASH_STATE_H_
