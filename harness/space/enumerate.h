// EnumerateStates: the states of one crash point that a space selects, each
// with the hash of its image (docs/crash_model.md 5, Spaces).

#ifndef POWERCUT_HARNESS_SPACE_ENUMERATE_H_
#define POWERCUT_HARNESS_SPACE_ENUMERATE_H_

#include <cstdint>
#include <functional>

#include "harness/space/crash_state.h"
#include "harness/space/exploration_space.h"

namespace powercut {

// Called with a state, which is valid during the call only and has no marks,
// and with the hash of its image. Two states of one crash space whose hashes
// are equal leave the same disk. False ends the enumeration.
using StateVisitor = std::function<bool(const CrashState&, const Hash128&)>;

// Calls `visit` for each state of `spec` at the cursor's point and kind, each
// state once. The prefix comes first. Returns false if `visit` did.
//
// * prefix: every block at its newest version.
// * epoch:K: at most K items away from newest, then at most K items away from
//   the floor, fewer items first. An item is a whole write, or one block of it.
// * sample:N: N draws (fewer if they coincide). Each draw puts each open block
//   at one of its versions, with equal probability. The draws follow from
//   `seed`, the point and the kind alone.
// * exhaustive: every choice of versions.
// * +torn:T with sample: up to T blocks of each draw are torn at random.
// * +torn:T with the others: in addition, each of their states with up to T
//   blocks torn. A block can be torn if it is above its floor, at a version
//   that wrote more than one of its sectors; a head or a tail of these sectors
//   holds what the version before had there.
//
// Requires: spec.mode is not kDefault.
// Cost: O(1) for a state that differs from the one before in one block,
// whatever the size of the disk and the length of the trace. Memory: O(states
// of the point).
bool EnumerateStates(const PointCursor& cursor, const ExplorationSpace& spec,
                     uint64_t seed, const StateVisitor& visit);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_ENUMERATE_H_
