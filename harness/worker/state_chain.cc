// Runs a chain of crashes by recursion. The state of the first step is run
// alone with its writes reported. These writes are a trace over the crash
// image, which is the crash space of the next step, and the steps after the
// first one are run in it. Each level has a worker pool of its own, since a
// pool serves one space.

#include "harness/worker/state_chain.h"

#include <utility>

#include "harness/space/crash_image.h"
#include "harness/space/recovery_space.h"

namespace powercut {
namespace {

// Calls ResolveStep(). Its messages speak of a recording, so that they get
// words before them which say that a recovery is meant.
Result<CrashState> InRecovery(const CrashStep& step, PointCursor& cursor) {
  Result<CrashState> state = ResolveStep(step, cursor);
  if (state) return state;
  return Error{state.error().code, "in the recovery: " + state.error().message};
}

}  // namespace

Result<ChainResult> RunChain(Backend& backend, const CrashSpace& space,
                             const CrashState& state,
                             std::span<const CrashStep> inner,
                             WorkerPool::Options options) {
  // The writes are needed only if there is a next step.
  options.report_writes = !inner.empty();
  WorkerPool pool(backend, space, options);
  const RunResult result = pool.RunAlone(state);
  std::optional<TwoOutcomes> unsteady;
  if (result.second_outcome) {
    unsteady = {pool.outcomes()[result.outcome],
                pool.outcomes()[*result.second_outcome]};
  }
  if (inner.empty()) {
    return ChainResult{pool.outcomes()[result.outcome], std::move(unsteady), 0};
  }
  const RecoverySpace recovery(space, state, result.writes);
  PointCursor cursor(recovery.space(), inner[0].kind);
  POWERCUT_ASSIGN(const CrashState next, InRecovery(inner[0], cursor));
  POWERCUT_ASSIGN(ChainResult chain, RunChain(backend, recovery.space(), next,
                                              inner.subspan(1), options));
  // The deeper steps are in `chain` already.
  if (unsteady) chain.unsteady = std::move(unsteady);
  chain.lost += LostBlocks(next, cursor);
  return chain;
}

Result<SparseImage> ImageOfChain(Backend& backend, const CrashSpace& space,
                                 const CrashState& state,
                                 std::span<const CrashStep> inner,
                                 WorkerPool::Options options) {
  // The image is what the last crash left, so that no recovery runs on it.
  if (inner.empty()) {
    CrashImage image(space, state.kind);
    image.Become(state);
    // A copy, which needs no space to point to.
    return SparseImage(image.bytes());
  }
  options.report_writes = true;
  WorkerPool pool(backend, space, options);
  const RecoverySpace recovery(space, state, pool.RunAlone(state).writes);
  PointCursor cursor(recovery.space(), inner[0].kind);
  POWERCUT_ASSIGN(const CrashState next, InRecovery(inner[0], cursor));
  return ImageOfChain(backend, recovery.space(), next, inner.subspan(1),
                      options);
}

}  // namespace powercut
