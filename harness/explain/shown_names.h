// ShowNames: the names of a crash state as they were found, beside what would
// have been right.

#ifndef POWERCUT_HARNESS_EXPLAIN_SHOWN_NAMES_H_
#define POWERCUT_HARNESS_EXPLAIN_SHOWN_NAMES_H_

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery_runner.h"
#include "harness/space/state_id.h"

namespace powercut {

// Sets `names` and `wanted` of the state that `id` names and `finding` is
// about. They stay empty if the state cannot be recovered or read.
void ShowNames(const RecordedRun& run, const RunOptions& options,
               const StateId& id, const Finding& finding, ShownState& shown);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_SHOWN_NAMES_H_
