// Makes the crash state of a finding simpler, by letting it lose fewer blocks.

#ifndef POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_
#define POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_

#include <functional>

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery_runner.h"

namespace powercut {

// Returns the finding at a state in which no single block that the first crash
// lost can be kept: with the block at its newest version, no violation would
// have both this cause and this path. Crashes during recovery stay as the
// finding's id has them; they all go if the cause shows without them. `stop` is
// asked before each state and may be empty; true ends the work with the
// simplest state so far. Errors: those of Replay().
Result<Finding> ShrinkState(const RecordedRun& run, const RunOptions& options,
                            Finding finding,
                            const std::function<bool()>& stop = {});

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_STATE_SHRINKER_H_
