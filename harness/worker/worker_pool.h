// WorkerPool: recoveries in forked processes, so that storage code may crash,
// hang or eat memory on a bad disk without taking anything else with it.
//
// Hands out batches of states to workers (harness/worker/worker.h) and takes
// their results in order; harness/worker/batch_progress.h has what follows when
// one dies.
//
// Results do not depend on the number of workers, nor on workers that are
// killed from outside.

#ifndef POWERCUT_HARNESS_WORKER_WORKER_POOL_H_
#define POWERCUT_HARNESS_WORKER_WORKER_POOL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/recover/outcome_table.h"
#include "harness/recover/recovery_runner.h"
#include "harness/system/fork_server.h"
#include "harness/worker/batch_progress.h"
#include "harness/worker/run_result.h"

namespace powercut {

class WorkerPool {
 public:
  using Options = WorkerOptions;

  // `backend` and `space` must outlive this object. The process must have no
  // other threads.
  WorkerPool(Backend& backend, const CrashSpace& space, Options options);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Kills and reaps every worker.
  ~WorkerPool();

  // Called with each batch's results, by position, in the order of Submit();
  // the callee may take them.
  using Done = std::function<void(const Batch&, std::vector<RunResult>&)>;
  void set_done(Done done) { done_ = std::move(done); }

  // Queues a batch. Returns when few enough batches are under way that the
  // next can be prepared while the workers run; calls `done` meanwhile.
  void Submit(Batch batch);
  // Returns when every batch is done.
  void Drain();
  // Kills the workers and drops what is under way.
  void Cancel();

  // One state alone in a fresh worker, twice. The outcome is the first one,
  // whatever it is; but if the first came to its end and the second died or
  // hung, the state is one that damages the process, and its outcome is kDied
  // with a detail that says so. No batch may be under way.
  RunResult RunAlone(const CrashState& state);

  const Options& options() const { return runner_.options(); }
  const OutcomeTable& outcomes() const { return outcomes_; }
  // One that no run gave, but that follows from one.
  OutcomeId AddOutcome(RecoveryOutcome outcome);

  // Of the batches that were handed to `done`: how often a worker died, or gave
  // another outcome for the same state, and no state could be blamed. If there
  // are any, something is not deterministic.
  uint64_t unexplained_deaths() const { return unexplained_deaths_; }

 private:
  struct Slot;

  void Step();
  void Deliver();
  void StartIdle();
  void Wait();
  bool AnyBusy() const;
  RunResult RunHere(const CrashState& state);
  void SubmitHere(const Batch& batch);
  void Start(Slot& slot, BatchProgress& progress);
  std::function<void()> Serve(std::string_view order);

  RecoveryRunner runner_;
  OutcomeTable outcomes_;
  std::deque<BatchProgress> progresses_;  // in order of Submit()
  std::vector<std::unique_ptr<Slot>> slots_;
  // Forks the workers. What follows is its own, but for the number of outcomes
  // that it was told of.
  ForkServer server_;
  size_t told_ = 0;
  std::unordered_set<Hash128, Hash128Hasher> learned_;
  std::string order_;
  Done done_;
  uint64_t unexplained_deaths_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORKER_POOL_H_
