// FaultCount: how often the faults of a workload fell, for reports.

#ifndef POWERCUT_HARNESS_FAULT_FAULT_COUNTS_H_
#define POWERCUT_HARNESS_FAULT_FAULT_COUNTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/trace/op_history.h"
#include "model/words/workload.h"

namespace powercut {

struct FaultCount {
  // FaultText() of the fault.
  std::string text;
  // The line in the workload's file; 0 if the fault is from the command line.
  int line = 0;
  // Whether the fault is armed in recoveries. If not, it is armed in the run.
  bool recovery = false;
  // For a fault of the run: the number of requests on which it fell. For a
  // fault of recovery: the number of visited states on whose recovery it fell.
  uint64_t fired = 0;

  bool operator==(const FaultCount&) const = default;
};

// The counts after a recording, before any state is visited: faults of recovery
// have the count 0. They are in the order of the workload's faults.
//
// A recorded program has a workload with no ops, which does not hold the faults
// of its run; only the marks of the recording tell of them. They follow the
// faults of the workload, in the order in which each fell first.
std::vector<FaultCount> FaultCountsOf(const Workload& workload,
                                      const std::vector<HistoryEvent>& history);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_FAULT_FAULT_COUNTS_H_
