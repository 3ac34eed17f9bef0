// RunResult: what came of running one state, as the parent of the workers has
// it; and the batches and parts of batches in which states are run.

#ifndef POWERCUT_HARNESS_WORKER_RUN_RESULT_H_
#define POWERCUT_HARNESS_WORKER_RUN_RESULT_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "harness/recover/outcome_table.h"
#include "harness/recover/run_reads.h"
#include "harness/space/crash_state.h"
#include "harness/trace/recovery_event.h"

namespace powercut {

struct RunResult {
  OutcomeId outcome = 0;
  // With `report_reads`. Of a run that died or was ended: what it had read
  // until then, copied or not, as blocks.
  RunReads reads;
  // With `report_writes`: what recovery itself did to the disk, up to where
  // the observation began; nothing of a run that died or was ended.
  std::vector<RecoveryEvent> writes;
  // The same recovery again in the same process came to another outcome: it is
  // not deterministic.
  bool unsteady = false;
};

// States of one crash kind, to be run in order.
using Batch = std::vector<CrashState>;

// What one worker runs of a batch.
struct BatchPart {
  // States [from, to), in order.
  size_t from = 0;
  size_t to = 0;
  // And then this one.
  std::optional<size_t> then;

  size_t size() const { return to - from + (then ? 1 : 0); }
  // The state that is run as the part's n-th, from 0.
  size_t operator[](size_t n) const { return n < to - from ? from + n : *then; }
  bool operator==(const BatchPart&) const = default;
};

// How a worker ended, and what it gave before.
struct WorkerEnd {
  // In the order of its part.
  std::vector<RunResult> results;
  // What it had read in the run after those, if it ran one state alone.
  RunReads reads_of_death;
  // How it died at the run after those; nothing: it ran its whole part.
  std::optional<RecoveryOutcome> death;
  // It was killed by a signal that anyone may send, and not by its parent.
  bool from_outside = false;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_RUN_RESULT_H_
