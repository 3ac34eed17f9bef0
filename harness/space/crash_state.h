// CrashState: one state of a crash space, and its translation to and from a
// step of an id (docs/crash_model.md 4).

#ifndef POWERCUT_HARNESS_SPACE_CRASH_STATE_H_
#define POWERCUT_HARNESS_SPACE_CRASH_STATE_H_

#include <compare>
#include <cstdint>
#include <vector>

#include "harness/space/crash_space.h"
#include "harness/space/state_id.h"

namespace powercut {

// What one block holds: a version or, if the block is torn, a version of which
// some sectors hold what an older version had there.
struct BlockChoice {
  Slot slot = 0;
  VersionIndex version = 0;
  // The sectors, counted from the block's first, that hold the content of
  // version `under` instead. They are some, but not all, of the sectors that
  // `version` wrote. If the count is 0, the block is not torn.
  SectorRange torn;
  // An older version; 0 if the block is not torn.
  VersionIndex under = 0;

  bool operator==(const BlockChoice&) const = default;
};

struct CrashState {
  // The crash comes after this many events, and after this many of the marks
  // that follow the last of them.
  EventNumber point = 0;
  uint32_t marks = 0;
  CrashKind kind = CrashKind::kPower;
  // What the blocks hold that `choices` does not list: their newest version or
  // their floor.
  enum Origin : uint8_t { kNewest, kFloor } origin = kNewest;
  // Ascending by slot, with no slot twice, and none equal to the origin.
  std::vector<BlockChoice> choices;

  bool operator==(const CrashState&) const = default;
};

// A sector of the disk as an event left it.
struct WrittenSector {
  EventNumber event = 0;
  uint64_t sector = 0;

  auto operator<=>(const WrittenSector&) const = default;
};

// Copies what a block holds to `out`.
// Requires: out.size() is space.block_bytes().
void ReadChoice(const CrashSpace& space, const BlockChoice& choice,
                MutableByteSpan out);
// HashBytes() of the same content, seeded by the block's number. O(1) for a
// whole version; a torn block is hashed.
Hash128 HashOfChoice(const CrashSpace& space, const BlockChoice& choice);

// The functions below require that `cursor` is one of the state's space and
// kind and, except for ResolveStep(), at the state's point.

// The number of blocks that do not hold their newest version as a whole.
uint64_t LostBlocks(const CrashState& state, const PointCursor& cursor);

// What the state does not hold, ascending and each once: of all versions of a
// block above the one that it holds, the sectors that their events wrote. A
// torn version counts as lost. O(open blocks).
std::vector<WrittenSector> SectorsNotHeld(const CrashState& state,
                                          const PointCursor& cursor);
// The same of one choice. Requires: the choice is of a state of origin kNewest.
std::vector<WrittenSector> SectorsNotHeld(const BlockChoice& choice,
                                          const PointCursor& cursor);

// The same state, described from the given origin. O(open blocks).
CrashState FromOrigin(const CrashState& state, CrashState::Origin origin,
                      const PointCursor& cursor);

// The canonical step of a state, by the rules of docs/crash_model.md 4: the
// shorter of the `-` form and the `+` form, `-` on a tie; sectors that cannot
// matter are left out, and a write that is listed whole but for such sectors
// has no range; in a step of more than 200 characters the items are replaced by
// a bitmap.
CrashStep CanonicalStep(const CrashState& state, const PointCursor& cursor);

// The state that a step names, canonical or not. Moves `cursor` to the step's
// point.
// Requires: cursor.kind() == step.kind.
// Errors: kUsage if the point, an event or a sector does not exist; if an event
// is not open at the point, so that it cannot be lost; if the bitmap has
// another size than the open writes; or if the step tears a block in more than
// one place.
Result<CrashState> ResolveStep(const CrashStep& step, PointCursor& cursor);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_CRASH_STATE_H_
