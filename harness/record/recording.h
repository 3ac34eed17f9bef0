// Recording: what running a workload on a backend left for exploring its
// crashes.

#ifndef POWERCUT_HARNESS_RECORD_RECORDING_H_
#define POWERCUT_HARNESS_RECORD_RECORDING_H_

#include <vector>

#include "harness/backend.h"
#include "harness/record/run_setting.h"
#include "harness/trace/ack_looks.h"
#include "harness/trace/op_history.h"
#include "harness/trace/trace.h"
#include "model/words/workload.h"

namespace powercut {

struct Recording {
  Trace trace;
  // What the marks of the trace say of ops and faults, in order.
  std::vector<HistoryEvent> history;
  // The tree when `run` began: what `old` means in conditions.
  Observation before;
  // The names that the volume showed at the acks of a recorded program. Empty
  // for a workload.
  AckLooks looks{};
};

// Formats a disk, runs the workload on it and records it. The trace ends with
// the last op; the shutdown after it is not part of the trace.
//
// Self-checks (docs/crash_model.md 9): the trace applied to the base is the
// live disk, byte for byte; the live tree is what the ops made, unless a fault
// spoiled the content or storage shut down for an error that it was told of.
//
// Faults are armed from `run` to its end, and each one that falls on a request
// leaves a mark. A fault that has no line came from the command line. Once such
// a fault other than `lie` and `delay` fell, ops may fail, whatever the
// workload expects.
//
// Errors: kBadInput with the line if an op did not end as the workload expects,
// if a file would grow too large, or if a fault in=run never fired; kBadInput
// if the fresh disk does not mount; kInternal if a self-check failed; the
// errors of Backend::Format() and Backend::MissingResource().
//
// If an op did not end as expected, `*unexpected_op` becomes the op's number
// (for a `wait`, the number of the op that it waits for, or its own if that op
// had failed at its start); otherwise it becomes 0.
Result<Recording> Record(Backend& backend, const Workload& workload,
                         const RunSetting& setting,
                         uint32_t* unexpected_op = nullptr);

// The self-check of every recording: the trace applied to its base equals
// `live`. O(trace and live disk).
// Errors: kInternal with the first byte that differs.
Status CheckTraceAgainstDisk(const Trace& trace, const SparseImage& live);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECORD_RECORDING_H_
