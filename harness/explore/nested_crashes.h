// NestedCrashes: crashes during the recovery from a crash, and during the
// recovery from those (design.md section 5).
//
// What a recovery did, up to where the observation began, is a trace of its own
// and is explored in turn, with the same space. The second crash is of the same
// kind as the first. Blocks that a recovery did not read stay undecided.

#ifndef POWERCUT_HARNESS_EXPLORE_NESTED_CRASHES_H_
#define POWERCUT_HARNESS_EXPLORE_NESTED_CRASHES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "harness/backend.h"
#include "harness/explore/run_scheduler.h"
#include "harness/space/exploration_space.h"
#include "harness/space/recovery_space.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// A recovery in which to crash.
struct InterruptedRecovery {
  CrashState state;  // that it began on
  std::shared_ptr<const std::vector<RecoveryEvent>> events;
  std::vector<UndecidedBlock> undecided;
};

// A state of a crash during a recovery.
struct NestedState {
  // That the first recovery began on, decided.
  CrashState outer;
  // One step for each crash behind it.
  std::vector<CrashStep> inner;
  // Blocks of the inner steps that do not hold their newest version.
  uint64_t inner_lost = 0;
};

struct NestedOptions {
  ExplorationSpace space;  // prefix: only the points of the recovery
  uint32_t depth = 1;
  CopyMode copied = CopyMode::kAsRead;
  uint64_t seed = 1;
  WorkerPool::Options pool;
  std::function<bool()> stop;
};

class NestedCrashes {
 public:
  // A crash state that was run. `outcome` is what recovery showed in the end;
  // `state()` says which state it is, which costs about as much as running it.
  struct Visited {
    const RecoveryOutcome& outcome;
    // The state that the first recovery began on, decided.
    const CrashState& outer;
    std::function<NestedState()> state;
  };
  using Visit = std::function<void(const Visited&)>;

  // `backend` must outlive this object.
  NestedCrashes(Backend& backend, NestedOptions options);

  // Visits the crashes during this recovery of a state of `outer`. False:
  // `stop` ended it.
  bool Explore(const CrashSpace& outer, const InterruptedRecovery& recovery,
               const Visit& visit);

  uint64_t runs() const { return runs_; }
  // A recovery did not follow from what it read.
  bool contradicted() const { return contradicted_; }

 private:
  Backend& backend_;
  NestedOptions options_;
  uint64_t runs_ = 0;
  bool contradicted_ = false;
};

// The blocks that may hold different contents at the state's point and kind,
// but for those whose contents decided its run.
std::vector<UndecidedBlock> UndecidedBlocks(BlockContents& contents,
                                            const CrashState& state,
                                            std::span<const ContentId> read);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_NESTED_CRASHES_H_
