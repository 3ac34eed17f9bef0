// Workloads made by programs: their text, their history, and smaller ones.

#ifndef POWERCUT_FUZZ_DRAW_WORKLOAD_TEXT_H_
#define POWERCUT_FUZZ_DRAW_WORKLOAD_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/trace/op_history.h"
#include "model/table/profile.h"
#include "model/words/workload.h"

namespace powercut {

// The backend, profile, faults and ops of a workload as `.pcut` text.
std::string WorkloadText(const Workload& workload);

// The same with numbers and lines, as its text gives them.
Workload PlacedWorkload(const Workload& workload);

// What happens if every op ends as it says: begins and returns, in order. At
// most one op at a time may be under way beside the others.
std::vector<HistoryEvent> ExpectedHistory(const Workload& workload);

// The workload without the op of this number, and without those that would then
// end otherwise.
Workload WithoutOp(const Workload& workload, uint32_t number,
                   const Profile& profile);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_WORKLOAD_TEXT_H_
