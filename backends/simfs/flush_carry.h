// The second of the two steps of a flush: what PlanFlush() covered is carried
// when the flush returns. What an op wrote is carried to the host likewise.

#ifndef POWERCUT_BACKENDS_SIMFS_FLUSH_CARRY_H_
#define POWERCUT_BACKENDS_SIMFS_FLUSH_CARRY_H_

#include <string>

#include "backends/simfs/flush_plan.h"

namespace powercut::simfs {

// Carries a plan out. Returns an empty text or the name of an error. After EIO
// of the carrying, what the plan covers is tainted and nothing more is carried;
// a barrier can also fail with an error of Batch::Commit().
std::string CarryOut(LiveState& state, const FlushPlan& plan);

// Carries what an op wrote, with everything that its records need, to the host.
// Returns false if the disk failed.
bool CarryToHost(LiveState& state, const SectorVersions& written);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_FLUSH_CARRY_H_
