// Whether an exploration of a trace can say anything: whether the disk at its
// end, without any crash, can be mounted.

#ifndef POWERCUT_HARNESS_EXPLAIN_LAST_STATE_H_
#define POWERCUT_HARNESS_EXPLAIN_LAST_STATE_H_

#include <string>

#include "harness/base/result.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery.h"

namespace powercut {

// What CheckLastState() needs to know of the trace beside its run.
struct TraceOrigin {
  // Whether another tool wrote it as a log (TraceAbout::origin).
  bool imported = false;
};

// Judges what RecoverAtTheEnd() returned. Returns an empty text if the volume
// was opened. Otherwise returns a note that not even the last state opens, for
// traces that may be explored all the same: a fault fell on the recorded run,
// or the recorder saw this file system on this disk.
// Errors: kBadInput if the trace is of another disk than the backend expects,
// with the reason: no file system, another one, a disk that is cut short, or a
// log that began on a disk that already held something. The error of
// Backend::ProblemOf() has the remedy.
Result<std::string> CheckLastState(const RecordedRun& run, TraceOrigin origin,
                                   const RecoveryOutcome& outcome);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_LAST_STATE_H_
