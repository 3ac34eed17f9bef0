// Makes the crash state of a finding simpler, by letting it lose fewer blocks.

#ifndef POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_
#define POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery_runner.h"

namespace powercut {

// Returns the finding at a state in which no single lost block can be kept:
// with the block at its newest version, no violation would have both this cause
// and this path. States are tried without crashes during their recovery, so
// that a finding that needs a second crash is returned as it is. Errors: those
// of Replay().
Result<Finding> ShrinkState(const RecordedRun& run, const RunOptions& options,
                            Finding finding);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_
