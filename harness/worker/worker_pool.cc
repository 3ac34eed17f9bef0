// Deals batches to workers and delivers their results in order.
//
// Each batch is a BatchProgress in a queue. An idle worker takes the first
// batch of the queue that is neither done nor run by another worker, and runs
// the part that the batch asks for next. Most batches are done after one part;
// a batch whose worker died asks for more. Batches finish in any order, but
// only the front of the queue is delivered, so that the caller sees the results
// in the order in which it submitted the batches, whatever the number of
// workers.
//
// A task is an item of the same queue. Its process takes the place of a worker,
// so that no more processes run at once than there are workers.
//
// An example with two workers: batches A, B and C are queued. The workers run A
// and B. B is done first; its worker takes C, while B waits for A. When A is
// done, A and B are delivered, in this order.
//
// Processes are forked by a server that split off while this process was small
// (harness/system/fork_server.h). A work order tells the server the states to
// run and the outcomes that were learned since it split off, so that workers
// need not send the bytes of those again.

#include "harness/worker/worker_pool.h"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "harness/base/sanitizer.h"
#include "harness/base/shortage.h"
#include "harness/system/process_setup.h"
#include "harness/worker/messages.h"
#include "harness/worker/worker.h"
#include "harness/worker/worker_process.h"

namespace powercut {
namespace {

// How many batches are under way for each worker: the one that it runs, and one
// that waits, so that the worker need not wait for the parent.
constexpr size_t kBatchesOfWorker = 2;

// The last byte of an order, which says what the order is for.
constexpr char kOrderOfBatch = 'b';
constexpr char kOrderOfTask = 't';

}  // namespace

// A batch or a task.
struct WorkerPool::QueueItem {
  // `std::nullopt` for a task. The fields below have a meaning for a task only.
  std::optional<BatchProgress> batch;
  std::string order;
  TaskDone task_done;
  // `std::nullopt` until the task has ended.
  std::optional<TaskResult> result;

  bool done() const { return batch ? batch->done() : result.has_value(); }
};

// A worker, and the item that it runs.
struct WorkerPool::Slot {
  Slot(uint32_t its_number, const RecoveryRunner& runner,
       OutcomeTable& outcomes)
      : number(its_number), worker(runner, outcomes) {}

  const uint32_t number;
  Worker worker;
  TaskProcess task;
  // `nullptr` if the worker is idle.
  QueueItem* item = nullptr;
};

WorkerPool::WorkerPool(Backend& backend, const CrashSpace& space,
                       Options options)
    : runner_(backend, space, std::move(options)),
      server_(std::in_place,
              [this](std::string_view order) { return Serve(order); }) {
  const WorkerOptions& bounds = runner_.options();
  // A worker that runs out of address space dies, which would look like a
  // finding. Where a sanitizer reserves terabytes, workers have no bound.
  if (bounds.jobs > 0 && !kSanitized) {
    if (IsWorker()) {
      throw Shortage(
          "this process is a worker of another exploration, which bounds its "
          "memory and its time; explore in this process (PC_IN_PROCESS)");
    }
    const Status room = CheckAddressSpaceLimit(bounds.limits.memory_bytes);
    if (!room) throw Shortage(room.error().message);
  }
  for (uint32_t i = 0; i < runner_.options().jobs; ++i) {
    slots_.push_back(std::make_unique<Slot>(i, runner_, outcomes_));
  }
}

WorkerPool::~WorkerPool() = default;

// The rings and the memory of the server are shared with the process that
// started the workers, so that they are made anew.
void WorkerPool::StartApart() {
  POWERCUT_CHECK(queue_.empty() && !slots_.empty());
  slots_.clear();
  slots_.push_back(std::make_unique<Slot>(0, runner_, outcomes_));
  server_->Leave();
  server_.emplace([this](std::string_view order) { return Serve(order); });
  // A process that is forked from now on has the whole table.
  told_ = outcomes_.size();
  learned_.clear();
  unexplained_deaths_ = 0;
}

void WorkerPool::Cancel() {
  for (const auto& slot : slots_) {
    slot->worker.Kill();
    slot->task.Kill();
    slot->item = nullptr;
  }
  batches_ = 0;
  for (const QueueItem& item : std::exchange(queue_, {})) {
    if (!item.batch) item.task_done(item.result.value_or(std::nullopt));
  }
}

OutcomeId WorkerPool::AddOutcome(RecoveryOutcome outcome) {
  return outcomes_.Add(std::move(outcome));
}

void WorkerPool::Submit(Batch batch, BatchRuns runs) {
  POWERCUT_CHECK(runs == BatchRuns::kAll || filter_ != nullptr);
  if (runner_.options().jobs == 0) return SubmitHere(batch, runs);
  queue_.emplace_back().batch.emplace(std::move(batch), outcomes_, runs);
  ++batches_;
  StartIdle();
  while (queue_.size() > kBatchesOfWorker * slots_.size() && batches_ > 0) {
    Step();
  }
}

void WorkerPool::Drain() {
  while (batches_ > 0) Step();
}

void WorkerPool::SubmitTask(std::string order, TaskDone done) {
  POWERCUT_CHECK(runner_.options().jobs > 0 && task_);
  QueueItem& item = queue_.emplace_back();
  item.order = std::move(order);
  item.task_done = std::move(done);
  StartIdle();
}

void WorkerPool::FinishTasks() {
  POWERCUT_CHECK(batches_ == 0);
  while (!queue_.empty()) Step();
}

void WorkerPool::Step() {
  StartIdle();
  if (AnyBusy()) Wait();
  Deliver();
}

bool WorkerPool::AnyBusy() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const auto& slot) { return slot->item != nullptr; });
}

void WorkerPool::StartIdle() {
  const auto runs = [this](const QueueItem& item) {
    return std::any_of(slots_.begin(), slots_.end(),
                       [&](const auto& slot) { return slot->item == &item; });
  };
  for (const auto& slot : slots_) {
    if (slot->item != nullptr) continue;
    const auto waiting = std::find_if(
        queue_.begin(), queue_.end(),
        [&](const QueueItem& item) { return !item.done() && !runs(item); });
    if (waiting == queue_.end()) return;
    Start(*slot, *waiting);
  }
}

void WorkerPool::Start(Slot& slot, QueueItem& item) {
  slot.item = &item;
  if (!item.batch) {
    slot.task.Start([&] {
      item.order.append(reinterpret_cast<const char*>(&slot.number),
                        sizeof(slot.number));
      item.order.push_back(kOrderOfTask);
      return server_->Fork(item.order);
    });
    return;
  }
  // The server keeps what it was told, so that each outcome is told once. A
  // server that was started anew has the whole table from the fork.
  slot.worker.Start(item.batch->batch(), item.batch->Next(),
                    [&](const Batch& batch, const BatchPart& part) {
                      EncodeWorkOrder(slot.number,
                                      outcomes_.hashes().subspan(told_), batch,
                                      part, order_);
                      order_.push_back(kOrderOfBatch);
                      told_ = outcomes_.size();
                      return server_->Fork(order_);
                    });
}

// Runs in the process that forks: this one for the first few workers, then the
// server. The outcomes that were in the table when the server was forked need
// not be told; all others are in `learned_`.
std::function<void()> WorkerPool::ServeBatch(std::string_view bytes) {
  WorkOrder order = DecodeWorkOrder(bytes);
  learned_.insert(order.learned.begin(), order.learned.end());
  // The image moves to the first state before the fork, so that no worker has
  // to repeat the way from the base.
  runner_.Approach(order.states[0]);
  return [this, order = std::move(order)] {
    const auto known = [this](const Hash128& outcome) {
      return outcomes_.Find(outcome) != nullptr || learned_.contains(outcome);
    };
    RunInWorker(runner_, order, known, filter_,
                slots_[order.worker]->worker.ring());
  };
}

// The bytes stay where they are until the new process was forked, so that it
// has them, too.
std::function<void()> WorkerPool::ServeTask(std::string_view bytes) {
  uint32_t slot = 0;
  std::memcpy(&slot, bytes.data() + bytes.size() - sizeof(slot), sizeof(slot));
  bytes.remove_suffix(sizeof(slot));
  return
      [this, slot, bytes] { RunTask(task_, bytes, slots_[slot]->task.ring()); };
}

std::function<void()> WorkerPool::Serve(std::string_view bytes) {
  const bool task = bytes.back() == kOrderOfTask;
  bytes.remove_suffix(1);
  return task ? ServeTask(bytes) : ServeBatch(bytes);
}

void WorkerPool::Wait() {
  std::vector<pollfd> ends;
  for (const auto& slot : slots_) {
    if (slot->item == nullptr) continue;
    const int end =
        slot->item->batch ? slot->worker.end_fd() : slot->task.end_fd();
    ends.push_back({end, POLLIN, 0});
  }
  // A ring wakes nobody, so the rings are looked at every millisecond, or when
  // a process ends.
  poll(ends.data(), ends.size(), 1);
  for (const auto& slot : slots_) {
    if (slot->item == nullptr) continue;
    if (slot->item->batch) {
      std::optional<WorkerEnd> end = slot->worker.Poll();
      if (end) std::exchange(slot->item, nullptr)->batch->Take(std::move(*end));
    } else if (std::optional<TaskResult> result = slot->task.Poll()) {
      std::exchange(slot->item, nullptr)->result = std::move(result);
    }
  }
}

void WorkerPool::Deliver() {
  while (!queue_.empty() && queue_.front().done()) {
    // Idle workers start first, so that they run while the caller goes on.
    QueueItem item = std::move(queue_.front());
    queue_.pop_front();
    StartIdle();
    if (!item.batch) {
      item.task_done(*item.result);
      continue;
    }
    --batches_;
    unexplained_deaths_ += item.batch->unexplained();
    if (done_) done_(item.batch->batch(), item.batch->results());
  }
}

RunResult WorkerPool::RunAlone(const CrashState& state) {
  // In this process a second death cannot be survived, so only differing
  // outcomes are noticed.
  if (runner_.options().jobs == 0) {
    RunResult result = RunHere(state);
    const OutcomeId second = RunHere(state).outcome;
    if (!outcomes_.Same(second, result.outcome)) {
      result.second_outcome = second;
    }
    return result;
  }
  POWERCUT_CHECK(queue_.empty());
  // The batch asks for another part if a kill from outside spoiled one.
  QueueItem item;
  item.batch = BatchProgress::Alone(state, outcomes_);
  Slot& slot = *slots_[0];
  while (!item.done()) {
    Start(slot, item);
    while (slot.item != nullptr) Wait();
  }
  return std::move(item.batch->results()[0]);
}

RunResult WorkerPool::RunHere(const CrashState& state) {
  RunAccess access;
  RunResult result;
  result.outcome = outcomes_.Add(runner_.Run(state, access));
  result.reads = std::move(access.reads);
  result.writes = std::move(access.writes);
  return result;
}

void WorkerPool::SubmitHere(const Batch& batch, BatchRuns runs) {
  const bool filtered = runs == BatchRuns::kUndecided;
  if (filtered) filter_->Begin();
  std::vector<RunResult> results;
  results.reserve(batch.size());
  for (const CrashState& state : batch) {
    if (filtered && filter_->Decides(state)) {
      results.emplace_back().skipped = true;
      continue;
    }
    results.push_back(RunHere(state));
    const RunResult& run = results.back();
    if (filtered && outcomes_[run.outcome].kind == RecoveryOutcome::kObserved) {
      filter_->Add(state, run.reads);
    }
  }
  if (done_) done_(batch, results);
}

}  // namespace powercut
