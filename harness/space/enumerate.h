// Enumerating the states of a crash point, each with the hash of its image.

#ifndef POWERCUT_HARNESS_SPACE_ENUMERATE_H_
#define POWERCUT_HARNESS_SPACE_ENUMERATE_H_

#include <cstdint>
#include <functional>

#include "harness/space/crash_state.h"
#include "harness/space/exploration_space.h"

namespace powercut {

// Calls `visit` for each state of `spec` at the cursor's point, the prefix
// first, each state once; stops early when `visit` returns false, and then
// returns false.
//
// The hash names the contents of the image: two states with equal hashes leave
// the same disk. The state is valid during the call only.
//
// epoch:K: the states that can be written with at most K items away from
// newest, or at most K items away from the floor, an item being a whole write
// or one block of it; fewer items first.
// sample:N: N draws (fewer if they coincide), each open block at a version
// chosen evenly, from `seed`, the point and the kind alone.
// With sample, up to T blocks of each draw are torn at random, and that is all.
// exhaustive: every choice of versions; as many states as the space has.
// +torn:T with the others: in addition each of those states with up to T blocks
// torn: a block that is above its floor at a version with more than one sector
// holds a head or a tail of the older version.
//
// Cost: O(1) a state for neighbours that differ in one block, whatever the size
// of the disk and the length of the trace; memory O(states of the point).
using StateVisitor = std::function<bool(const CrashState&, const Hash128&)>;
bool EnumerateStates(const PointCursor& cursor, const ExplorationSpace& spec,
                     uint64_t seed, const StateVisitor& visit);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_ENUMERATE_H_
