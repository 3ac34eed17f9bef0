// WorkerPool runs recoveries in forked processes, so that storage code may
// crash, hang or use up memory on a bad disk without harm to anything else.
//
// The pool hands out batches of states to workers (harness/worker/worker.h) and
// delivers their results in order. harness/worker/batch_progress.h decides what
// follows when a worker dies. docs/crash_model.md 8 has the rules.
//
// Results depend neither on the number of workers nor on workers that are
// killed from outside.

#ifndef POWERCUT_HARNESS_WORKER_WORKER_POOL_H_
#define POWERCUT_HARNESS_WORKER_WORKER_POOL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/recover/outcome_table.h"
#include "harness/recover/recovery_runner.h"
#include "harness/system/fork_server.h"
#include "harness/worker/batch_filter.h"
#include "harness/worker/batch_progress.h"
#include "harness/worker/run_result.h"
#include "harness/worker/task_process.h"

namespace powercut {

// Not thread-safe: all calls come from one thread.
class WorkerPool {
 public:
  using Options = WorkerOptions;

  // Starts no process yet. Throws Shortage if a worker could not take the
  // memory that it may take (`ulimit -v`). `backend` and `space` must outlive
  // this object. The calling process must have no other threads, since workers
  // are forked.
  WorkerPool(Backend& backend, const CrashSpace& space, Options options);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Kills and reaps every worker.
  ~WorkerPool();

  // Leaves the workers to the process that started them, and goes on with one
  // worker of its own. No death counts as unexplained any more.
  // Requires: the calling process was forked from that process; neither a batch
  // nor a task is under way; there are workers.
  void StartApart();

  // Called once for each batch, in the order of Submit(), from inside Submit()
  // or Drain(). The results are by position in the batch; the callee may take
  // them.
  using Done = std::function<void(const Batch&, std::vector<RunResult>&)>;
  void set_done(Done done) { done_ = std::move(done); }
  // What says which states of a batch are skipped. Must be set before the first
  // batch and outlive this object. It needs the reads of runs (`report_reads`).
  void set_filter(BatchFilter* filter) { filter_ = filter; }

  // Queues a batch. Returns when at most two batches for each worker are under
  // way, so that the caller can prepare the next one while the workers run.
  // Calls `done` for the batches that are finished meanwhile. With no workers
  // (`jobs` is 0) the batch is run here, and `done` is called before this
  // function returns. If `runs` is kUndecided, results may be
  // RunResult::skipped. Requires: a filter is set if `runs` is kUndecided.
  void Submit(Batch batch, BatchRuns runs = BatchRuns::kAll);
  // Returns when `done` was called for every batch.
  void Drain();
  // Kills the workers, drops the batches that are under way, and ends the tasks
  // without a result.
  void Cancel();

  // What runs the orders of SubmitTask(). Must be set before the first batch.
  void set_task(Task task) { task_ = std::move(task); }
  // Called with the result of a task, from inside Submit(), Drain(),
  // FinishTasks() or Cancel(), in one order with the batches. It may submit
  // tasks and no batches.
  using TaskDone = std::function<void(const TaskResult&)>;
  // Queues a task, which takes the place of a worker while it runs. Does not
  // wait. Requires: there are workers.
  void SubmitTask(std::string order, TaskDone done);
  // Returns when every task has ended. Requires: no batch is under way.
  void FinishTasks();

  // Runs one state alone in a fresh worker, twice, and waits for the result.
  // The outcome is that of the first run, with one exception: if the first run
  // came to its end and the second one died or hung, then the state damages the
  // process, and the outcome is kDied with a detail that says so. If the two
  // runs observed different things, the result has a `second_outcome`. With no
  // workers both runs are made here. Requires: no batch is under way.
  RunResult RunAlone(const CrashState& state);

  const Options& options() const { return runner_.options(); }
  // All outcomes so far; the ids in results are those of this table.
  const OutcomeTable& outcomes() const { return outcomes_; }
  // Adds an outcome that no worker of this pool sent: one of a journal, of a
  // nested crash, or one with copied data filled in. Returns its id.
  OutcomeId AddOutcome(RecoveryOutcome outcome);

  // How often a worker died, or gave another outcome for the same state,
  // without a state that could be blamed, in the batches for which `done` was
  // called. If this is not 0, something is not deterministic.
  uint64_t unexplained_deaths() const { return unexplained_deaths_; }

 private:
  struct Slot;
  struct QueueItem;

  // Starts what can start, waits a little and delivers what is done.
  void Step();
  // Calls what is to be called for the items at the front that are done.
  void Deliver();
  // Gives each idle worker an item that waits.
  void StartIdle();
  // Waits at most a millisecond and takes what the workers have sent.
  void Wait();
  bool AnyBusy() const;
  // Runs in this process, for a pool with no workers.
  RunResult RunHere(const CrashState& state);
  void SubmitHere(const Batch& batch, BatchRuns runs);
  // Starts a worker on the next part of a batch, or on a task. Requires: the
  // slot is idle.
  void Start(Slot& slot, QueueItem& item);
  // Takes an order; returns what the new process is to do.
  std::function<void()> Serve(std::string_view order);
  std::function<void()> ServeTask(std::string_view order);
  std::function<void()> ServeBatch(std::string_view order);

  RecoveryRunner runner_;
  OutcomeTable outcomes_;
  // What is under way, in the order of Submit() and SubmitTask(). A deque,
  // since slots point to its elements while others are added at the end.
  std::deque<QueueItem> queue_;
  // How many of them are batches.
  size_t batches_ = 0;
  std::vector<std::unique_ptr<Slot>> slots_;
  // Forks the workers. Never empty.
  std::optional<ForkServer> server_;
  // How many outcomes of the table work orders have told the server of.
  size_t told_ = 0;
  // In the server: the outcomes that it was told of.
  std::unordered_set<Hash128, Hash128Hasher> learned_;
  // The bytes of the newest work order.
  std::string order_;
  Done done_;
  BatchFilter* filter_ = nullptr;
  Task task_;
  uint64_t unexplained_deaths_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORKER_POOL_H_
