// NestedCrashes: crashes during the recovery from a crash, and during the
// recovery from these crashes (docs/crash_model.md 5).
//
// What a recovery did until the observation began is a trace of its own and is
// explored in turn, with the same space. The second crash is of the same kind
// as the first. Blocks that a recovery did not read stay undecided.

#ifndef POWERCUT_HARNESS_EXPLORE_NESTED_CRASHES_H_
#define POWERCUT_HARNESS_EXPLORE_NESTED_CRASHES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/explore/run_scheduler.h"
#include "harness/space/exploration_space.h"
#include "harness/space/recovery_space.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// A recovery in which to crash.
struct InterruptedRecovery {
  // The state on which the recovery began.
  CrashState state;
  // What the recovery did to the disk. Never `nullptr`.
  std::shared_ptr<const std::vector<RecoveryEvent>> events;
  // The blocks that the recovery did not read. Empty if the state decides all
  // blocks.
  std::vector<UndecidedBlock> undecided;
};

// A state of a crash during a recovery.
struct NestedState {
  // The state on which the first recovery began, with no undecided block.
  CrashState outer;
  // One step for each crash after the first one.
  std::vector<CrashStep> inner;
  // The number of blocks that do not hold their newest version, over all inner
  // steps.
  uint64_t inner_lost = 0;
  // The recovery that the last crash interrupted, as a trace over the disk on
  // which it began. The last step names a state of it. Never `nullptr`.
  std::shared_ptr<const Trace> recovery;
};

// Two outcomes of one nested state.
struct NestedContradiction {
  // The state on which the first recovery began, with no undecided block.
  CrashState outer;
  // The two outcomes in words (DifferenceInWords()).
  std::string found;
};

struct NestedOptions {
  // The space of each recovery. With `prefix`, each point of the recovery has
  // one state.
  ExplorationSpace space;
  // How many crashes deep recoveries are crashed again.
  uint32_t depth = 1;
  CopyMode copied = CopyMode::kAsRead;
  // BackendTraits::finishes_calls.
  bool finishes_calls = false;
  // Chooses the states of `sample:N`, and those that `doublecheck` runs.
  uint64_t seed = 1;
  // The share of cached answers that are run all the same and compared.
  double doublecheck = 0;
  WorkerPool::Options pool;
  // Called between rounds of runs and now and then; true ends the work.
  std::function<bool()> stop;
  // How many more recoveries may run; empty if any number may.
  std::function<uint64_t()> runs_left;
};

// Not thread-safe.
class NestedCrashes {
 public:
  // A nested state that was run. `outcome` is what the last recovery showed.
  // `state()` names the state, which costs about as much as a run. All is valid
  // during the call only.
  struct Visited {
    const RecoveryOutcome& outcome;
    // The state on which the first recovery began, with no undecided block.
    const CrashState& outer;
    std::function<NestedState()> state;
  };
  using Visit = std::function<void(const Visited&)>;

  // `backend` must outlive this object.
  NestedCrashes(Backend& backend, NestedOptions options);

  // Visits the crashes during this recovery of a state of `outer`, and deeper
  // ones. False if `stop` or `runs_left` ended the work.
  bool Explore(const CrashSpace& outer, const InterruptedRecovery& recovery,
               const Visit& visit);

  // How many recoveries all calls ran; runs() are those that were needed.
  const RecoveryCounts& counts() const { return counts_; }
  uint64_t runs() const { return counts_.needed; }
  // The first nested state of all calls that had two outcomes; `std::nullopt`
  // if there is none.
  const std::optional<NestedContradiction>& contradiction() const {
    return contradiction_;
  }

 private:
  Backend& backend_;
  NestedOptions options_;
  RecoveryCounts counts_;
  std::optional<NestedContradiction> contradiction_;
};

// The blocks that may hold different contents at the state's point and kind,
// except those in `read`, whose contents decided the run on this state. In
// ascending order of slots. O(slots).
std::vector<UndecidedBlock> UndecidedBlocks(BlockContents& contents,
                                            const CrashState& state,
                                            std::span<const ContentId> read);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_NESTED_CRASHES_H_
