// Recording: a workload run on a backend, with all that exploring its crashes
// needs.

#ifndef POWERCUT_HARNESS_RECORD_RECORDING_H_
#define POWERCUT_HARNESS_RECORD_RECORDING_H_

#include <vector>

#include "harness/backend.h"
#include "harness/record/run_setting.h"
#include "harness/trace/op_history.h"
#include "harness/trace/trace.h"
#include "model/words/workload.h"

namespace powercut {

struct Recording {
  Trace trace;
  std::vector<HistoryEvent> history;
  // The tree when `run` began: what `old` means in conditions.
  Observation before;
};

// Runs the workload. The recorded trace ends with its last op; the shutdown
// behind it is not part of it.
//
// Self-checks: the trace applied to the base is the live disk byte for byte;
// the live tree is what the ops made (unless a fault spoilt the content).
// Faults are armed from `run` on; each that falls on a request leaves a mark.
// A fault without a line came from the command line: once one fell, but for
// `lie` and `delay`, ops may fail, whatever the workload expects.
//
// Errors: kBadInput: an op did not end as the workload expects, with its line;
// a fault in=run never fired; kInternal: a self-check failed.
// If an op did not end as expected, its number is put into `*unexpected_op`
// (for a `wait`, that of the op it waits for); else 0 is.
Result<Recording> Record(Backend& backend, const Workload& workload,
                         const RunSetting& setting,
                         uint32_t* unexpected_op = nullptr);

// The self-check of any recording: the trace applied to its base equals `live`.
Status CheckTraceAgainstDisk(const Trace& trace, const SparseImage& live);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_RECORDING_H_
