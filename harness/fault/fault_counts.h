// How often the faults of a workload fell.

#ifndef POWERCUT_HARNESS_FAULT_FAULT_COUNTS_H_
#define POWERCUT_HARNESS_FAULT_FAULT_COUNTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/trace/op_history.h"
#include "model/words/workload.h"

namespace powercut {

// How often a fault of the workload fell on the disk.
struct FaultCount {
  std::string text;       // as on the command line
  int line = 0;           // 0: from there
  bool recovery = false;  // armed there
  // Armed in the run: requests. In recovery: visited states that saw it.
  uint64_t fired = 0;

  bool operator==(const FaultCount&) const = default;
};

// Those of the recording; no state has been visited. In order of the workload's
// faults; of a recorded program, which has no ops, the recording alone knows
// the faults, in order of the first request that each fell on.
std::vector<FaultCount> FaultCountsOf(const Workload& workload,
                                      const std::vector<HistoryEvent>& history);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_FAULT_FAULT_COUNTS_H_
