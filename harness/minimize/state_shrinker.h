// Makes the crash state of a finding simpler: it loses as few blocks as it can.

#ifndef POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_
#define POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery_runner.h"

namespace powercut {

// The finding at a state in which no single block that is lost could be kept: the
// cause, or its path, would not show then. Only the first crash of a state with
// nested ones is looked at.
// Errors: those of Replay().
Result<Finding> ShrinkState(const RecordedRun& run, const RunOptions& options,
                            Finding finding);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_
