// ShowStates: fills in, for reports that draw it, what the state of each
// finding lost and what its files are (harness/judge/shown_state.h).

#ifndef POWERCUT_HARNESS_EXPLAIN_SHOWN_STATES_H_
#define POWERCUT_HARNESS_EXPLAIN_SHOWN_STATES_H_

#include <span>

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery_runner.h"

namespace powercut {

// Sets Finding::shown of each finding whose id names a state of the run. The
// state is recovered once more for its names; where that cannot be done, or
// the recovery died or hung, ShownState::names stays empty and all else is set.
// Cost: a run or two for each finding.
// Errors: as LossNamer::Name(), after which some findings are not filled in.
Status ShowStates(const RecordedRun& run, const RunOptions& options,
                  std::span<Finding> findings);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_SHOWN_STATES_H_
