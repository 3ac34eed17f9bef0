// The calls of a program that was recorded on simfs (TraceAbout::calls), made
// again: they make the trace that another profile would have given, and they
// tell at which disk event each call had returned.

#ifndef POWERCUT_HARNESS_CLI_INPUT_RECORDED_CALLS_H_
#define POWERCUT_HARNESS_CLI_INPUT_RECORDED_CALLS_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"
#include "harness/block_log/trace_codec.h"
#include "harness/cli/input/comparison.h"
#include "harness/record/recorded_run.h"
#include "library/calls/record_calls.h"

namespace powercut {

// The calls of a recorded program, and when they had returned.
struct ReturnedCalls {
  Calls calls;
  // By call: the number of disk events when it had returned.
  std::vector<EventNumber> events_after;
  // The event after which crashes begin.
  EventNumber begin = 0;
};

// The trace that calls made.
struct RemadeTrace {
  Trace trace;
  ReturnedCalls returned;
};

// Makes the calls of `about` again under its profile, on a disk of this
// geometry or, if the calls need more, on a larger one. The acks stay where
// they were.
// Requires: the calls of `about` are known; `backend` was made by
// WithPrograms().
// Errors: those of RecordCalls().
Result<RemadeTrace> RemakeTrace(const TraceAbout& about,
                                const DiskGeometry& geometry, Backend& backend);

// The calls that made `trace`, which has the profile of `about`.
// `std::nullopt` if they are not known, or if they make another trace, since a
// fault fell on the disk while the program ran: a fault is not in the calls.
// Requires: as for RemakeTrace(), but for the first sentence.
// Errors: those of RecordCalls().
Result<std::optional<ReturnedCalls>> ReturnedCallsOf(const Trace& trace,
                                                     const TraceAbout& about,
                                                     Backend& backend);

// A call in words, with the program that made it: `write /f 0 4 (sh)`.
std::string CallInWords(const Call& call);

// The moments of the recorded program after each call that changed something,
// and the one at which crashes begin.
std::vector<RunMoment> MomentsOf(const ReturnedCalls& returned);

// A call of a recorded program.
struct ProgramCall {
  // The number of disk events when it had returned.
  EventNumber after = 0;
  // The text, such as `write /f 0 4 (sh)`. Empty for a line that the program
  // wrote to $POWERCUT_ACKS, which is a mark of the trace.
  std::string text;
};

// The calls in words, in their order.
std::vector<ProgramCall> ProgramCallsOf(const ReturnedCalls& returned);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_RECORDED_CALLS_H_
