// RunChain runs a crash state and then crashes during its recovery, one inside
// the other. Each state is run alone in a fresh worker. This is how a finding
// is confirmed and how an id is replayed.

#ifndef POWERCUT_HARNESS_WORKER_STATE_CHAIN_H_
#define POWERCUT_HARNESS_WORKER_STATE_CHAIN_H_

#include <cstdint>
#include <optional>
#include <span>

#include "harness/backend.h"
#include "harness/space/state_id.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// The outcomes of two runs of one state in one process.
struct TwoOutcomes {
  RecoveryOutcome first;
  RecoveryOutcome second;
};

struct ChainResult {
  // The outcome of the last recovery.
  RecoveryOutcome outcome;
  // The outcomes of the first of the recoveries that came to two different
  // ones. `std::nullopt` if there is none.
  std::optional<TwoOutcomes> unsteady;
  // How many blocks the states of the inner steps lost, all steps together.
  uint64_t lost = 0;
};
// Runs `state` of `space`, and for each step of `inner` the state of that step
// in the recovery before it. `pool` are the options of the worker pools.
// Errors: those of ResolveStep() if a step names no state of the recovery that
// it interrupts.
Result<ChainResult> RunChain(Backend& backend, const CrashSpace& space,
                             const CrashState& state,
                             std::span<const CrashStep> inner,
                             WorkerPool::Options pool);

// Returns the disk that the last of these crashes left. All recoveries but the
// last one are run. Errors: as RunChain().
Result<SparseImage> ImageOfChain(Backend& backend, const CrashSpace& space,
                                 const CrashState& state,
                                 std::span<const CrashStep> inner,
                                 WorkerPool::Options pool);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_STATE_CHAIN_H_
