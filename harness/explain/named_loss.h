// Names, in the causes of a replayed state of a recorded program, the smallest
// loss that makes the check fail, as an exploration does.

#ifndef POWERCUT_HARNESS_EXPLAIN_NAMED_LOSS_H_
#define POWERCUT_HARNESS_EXPLAIN_NAMED_LOSS_H_

#include "harness/base/result.h"
#include "harness/explain/replay.h"
#include "harness/judge/smallest_loss.h"
#include "harness/record/recorded_run.h"
#include "harness/space/state_id.h"

namespace powercut {

// The smallest loss with which the check fails as in the first finding of kind
// `check`, found by running the parts of what the state lost (SmallestLoss()).
// With crashes during recovery it has LossOfRecovery(), too, unless the state
// fails without them. Empty if nothing needs to be lost, or if there is no such
// finding.
// Requires: `replayed` came of Replay() with the same arguments, and run.losses
// is known.
// Errors: those of Replay().
Result<LossSet> SmallestLossOf(const RecordedRun& run, const StateId& id,
                               const RunOptions& options,
                               const ReplayedState& replayed);

// The id of the state in which of what the state lost only `lost` is lost.
// Requires: as SmallestLossOf(); the id has one step.
StateId IdLosingOnly(const LossSet& lost, const RecordedRun& run,
                     const ReplayedState& replayed);

// Adds the smallest loss to the causes of kind `check`, and does nothing if
// run.losses is not known. Requires and errors: as SmallestLossOf().
Status NameLossInCauses(const RecordedRun& run, const StateId& id,
                        const RunOptions& options, ReplayedState& replayed);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_NAMED_LOSS_H_
