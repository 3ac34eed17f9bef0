// Replay: runs one crash state of a recording again, which its id names.

#ifndef POWERCUT_HARNESS_EXPLAIN_REPLAY_H_
#define POWERCUT_HARNESS_EXPLAIN_REPLAY_H_

#include <cstdint>
#include <vector>

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery_runner.h"
#include "harness/space/state_id.h"

namespace powercut {

// One state that was run alone and judged.
struct ReplayedState {
  // The first violation of each cause. What the model says comes first, in the
  // order of paths.
  std::vector<Finding> findings;
  // How many more violations have a cause that is in `findings` already.
  uint64_t repeated = 0;
  // The outcome of the last recovery of the id.
  RecoveryOutcome outcome;
  // The state of the first crash.
  CrashState state;
  // How many events of the history had happened at the first crash.
  size_t history = 0;
};

// Runs the state in fresh workers, with the crashes during recovery that the id
// names, and judges the last outcome as an exploration would: by the model,
// the flush obligations, and whether recovery is stable and deterministic.
// Errors: kUnsupported if the storage cannot show a kind of crash that the id
// names; kStale if the digest of the id belongs to another recording; kUsage if
// the id names no state of this one; kMissing if the recovery could not be run.
Result<ReplayedState> Replay(const RecordedRun& run, const StateId& id,
                             const RunOptions& options);

// Recovers the disk at the end of the recording, without any crash, on a disk
// that works: mounts it and runs the user's check. The storage's own checker
// does not run, since its complaints are not the check's fault, and the volume
// is not used (--probe).
// Errors: kMissing as for Replay().
Result<RecoveryOutcome> RecoverAtTheEnd(const RecordedRun& run,
                                        const RunOptions& options);

// Succeeds if the user's check held in what RecoverAtTheEnd() returned. A check
// that fails there says nothing about crashes.
// Errors: kUsage if the check failed or hung, with what it said.
Status CheckHeld(const RecoveryOutcome& outcome);

// Returns the disk that the crash left, or the last of the crashes if the id
// names several. Errors: those of Replay().
Result<SparseImage> ImageOf(const RecordedRun& run, const StateId& id,
                            const RunOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_REPLAY_H_
