// StateKey(): crash states by hash.

#ifndef POWERCUT_HARNESS_EXPLORE_STATE_KEY_H_
#define POWERCUT_HARNESS_EXPLORE_STATE_KEY_H_

#include <cstdint>

#include "harness/disk/content_hash.h"
#include "harness/space/crash_state.h"

namespace powercut {

// A hash of everything that makes the disk of a state. Marks are left out,
// since they do not change the disk: a state is run once, whatever had returned
// by then. O(choices).
Hash128 StateKey(const CrashState& state, uint64_t seed);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_STATE_KEY_H_
