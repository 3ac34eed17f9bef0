// RunResult is what came of running one state, as the parent of the workers has
// it. Batch and BatchPart say which states run in one worker, and WorkerEnd
// says what came of a part.

#ifndef POWERCUT_HARNESS_WORKER_RUN_RESULT_H_
#define POWERCUT_HARNESS_WORKER_RUN_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "harness/recover/outcome_table.h"
#include "harness/recover/run_reads.h"
#include "harness/space/crash_state.h"
#include "harness/trace/recovery_event.h"

namespace powercut {

struct RunResult {
  // The outcome, as the table of the worker pool numbers it.
  OutcomeId outcome = 0;
  // What the run read, if `report_reads` is set. For a state that was run alone
  // and died or was ended: the blocks that it had read until then, copied or
  // not.
  RunReads reads;
  // What recovery itself did to the disk before the observation began, if
  // `report_writes` is set. Empty for a run that died or was ended.
  std::vector<RecoveryEvent> writes;
  // What a second run in the same process came to, if that was another outcome:
  // the recovery is not deterministic. `std::nullopt` otherwise.
  std::optional<OutcomeId> second_outcome;
  // A run of the same batch decides the state, so that it did not run. All
  // other fields are then empty.
  bool skipped = false;
};

// States of one crash kind, to be run in this order.
using Batch = std::vector<CrashState>;

// Which states of a batch run.
enum class BatchRuns : uint8_t {
  kAll,
  // All but those that an earlier run of the batch decides, as the pool's
  // BatchFilter says.
  kUndecided,
};

// The states of a batch that one worker runs, by their positions in the batch.
struct BatchPart {
  // The states [from, to) run in order.
  size_t from = 0;
  size_t to = 0;
  // The state that runs last: the canary, which shows whether the process was
  // damaged, or the second run of a single state. `std::nullopt` if no state
  // runs after [from, to).
  std::optional<size_t> then;
  // Which of [from, to) run. The first one and `then` always do.
  BatchRuns runs = BatchRuns::kAll;

  // How many runs the part has, with the states that are skipped.
  size_t size() const { return to - from + (then ? 1 : 0); }
  // The position in the batch of the state that runs as number `n`, counted
  // from 0. Requires: n < size().
  size_t operator[](size_t n) const { return n < to - from ? from + n : *then; }
  bool operator==(const BatchPart&) const = default;
};

// How a worker ended, and what it sent before.
struct WorkerEnd {
  // The results of the runs that were finished, in the order of the part.
  std::vector<RunResult> results;
  // What the worker had read in the run at which it died, if it ran a single
  // state.
  RunReads reads_of_death;
  // How the worker died at the run after `results`. `std::nullopt` if it ran
  // its whole part.
  std::optional<RecoveryOutcome> death;
  // The worker was killed by a signal that any process may send, but not by its
  // parent. The death then says nothing about the state.
  bool from_outside = false;
  // The worker's user code left in the last run of `results`, so that the
  // worker could make no other (harness/worker/left_status.h). There is no
  // death then.
  bool left = false;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_RUN_RESULT_H_
