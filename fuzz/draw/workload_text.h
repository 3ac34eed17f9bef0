// Functions for workloads that programs make: their text, the history that they
// should have, and workloads with fewer ops.

#ifndef POWERCUT_FUZZ_DRAW_WORKLOAD_TEXT_H_
#define POWERCUT_FUZZ_DRAW_WORKLOAD_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/trace/op_history.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// Returns the backend, profile, faults and ops of a workload as `.pcut` text.
// All else that a workload can hold is left out.
std::string WorkloadText(const Workload& workload);

// Returns the workload that the text of `workload` parses to, in which ops have
// numbers and lines. Requires: the text parses.
Workload PlacedWorkload(const Workload& workload);

// Returns the history of a run in which every op ends as it says: the begins
// and returns in order, and `run`. The places among disk events are left 0.
// Requires: at most one op at a time is under way beside the others.
std::vector<HistoryEvent> ExpectedHistory(const Workload& workload);

// Returns the workload without the op of this number, and without the ops that
// would then end otherwise.
Workload WithoutOp(const Workload& workload, uint32_t number,
                   const Profile& profile);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_WORKLOAD_TEXT_H_
