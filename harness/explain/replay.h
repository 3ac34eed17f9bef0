// Replay: one state of a recording again, by its id.

#ifndef POWERCUT_HARNESS_EXPLAIN_REPLAY_H_
#define POWERCUT_HARNESS_EXPLAIN_REPLAY_H_

#include <cstdint>
#include <vector>

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery_runner.h"
#include "harness/space/state_id.h"

namespace powercut {

// One state, run alone and judged; what `replay` does.
struct ReplayedState {
  std::vector<Finding> findings;  // the first of each cause, by path
  uint64_t repeated = 0;          // violations of causes already there
  RecoveryOutcome outcome;
  CrashState state;
  size_t history = 0;  // how much of the history had happened
};

// Errors: kStale: the id's digest is another recording's; kUsage: the id names
// no state of it; kMissing: the recovery could not be run.
Result<ReplayedState> Replay(const RecordedRun& run, const StateId& id,
                             const RunOptions& options);

// A check that fails on what the program left, with no crash at all, says
// nothing of crashes. Complaints of the storage's own checker do not count
// here: they are not the command's fault. Errors: kUsage: the check fails, with
// what it said; kMissing: as Replay().
Status CheckHoldsAtTheEnd(const RecordedRun& run, const RunOptions& options);

// The image of a state. Errors: as Replay().
Result<SparseImage> ImageOf(const RecordedRun& run, const StateId& id,
                            const RunOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_REPLAY_H_
