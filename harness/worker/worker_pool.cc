#include "harness/worker/worker_pool.h"

#include <poll.h>

#include <algorithm>
#include <optional>

#include "harness/worker/messages.h"
#include "harness/worker/worker.h"
#include "harness/worker/worker_process.h"

namespace powercut {
namespace {

// Batches under way for each worker: the one it runs, and one that waits, so
// that it need not wait for the parent.
constexpr size_t kBatchesOfWorker = 2;

}  // namespace

// A worker, and the progress whose part it runs.
struct WorkerPool::Slot {
  Slot(uint32_t its_number, const RecoveryRunner& runner,
       OutcomeTable& outcomes)
      : number(its_number), worker(runner, outcomes) {}

  const uint32_t number;
  Worker worker;
  BatchProgress* progress = nullptr;  // null: idle
};

WorkerPool::WorkerPool(Backend& backend, const CrashSpace& space,
                       Options options)
    : runner_(backend, space, std::move(options)),
      server_([this](std::string_view order) { return Serve(order); }) {
  for (uint32_t i = 0; i < runner_.options().jobs; ++i) {
    slots_.push_back(std::make_unique<Slot>(i, runner_, outcomes_));
  }
}

WorkerPool::~WorkerPool() = default;

void WorkerPool::Cancel() {
  for (const auto& slot : slots_) {
    slot->worker.Kill();
    slot->progress = nullptr;
  }
  progresses_.clear();
}

OutcomeId WorkerPool::AddOutcome(RecoveryOutcome outcome) {
  return outcomes_.Add(std::move(outcome));
}

void WorkerPool::Submit(Batch batch) {
  const uint32_t jobs = runner_.options().jobs;
  if (jobs == 0) return SubmitHere(batch);
  progresses_.emplace_back(std::move(batch), outcomes_);
  StartIdle();
  while (progresses_.size() > kBatchesOfWorker * jobs) Step();
}

void WorkerPool::Drain() {
  while (!progresses_.empty()) Step();
}

void WorkerPool::Step() {
  StartIdle();
  if (AnyBusy()) Wait();
  Deliver();
}

bool WorkerPool::AnyBusy() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const auto& slot) {
    return slot->progress != nullptr;
  });
}

void WorkerPool::StartIdle() {
  const auto runs = [this](const BatchProgress& progress) {
    return std::any_of(slots_.begin(), slots_.end(), [&](const auto& slot) {
      return slot->progress == &progress;
    });
  };
  for (const auto& slot : slots_) {
    if (slot->progress != nullptr) continue;
    const auto waiting = std::find_if(
        progresses_.begin(), progresses_.end(), [&](const auto& progress) {
          return !progress.done() && !runs(progress);
        });
    if (waiting == progresses_.end()) return;
    Start(*slot, *waiting);
  }
}

void WorkerPool::Start(Slot& slot, BatchProgress& progress) {
  slot.progress = &progress;
  slot.worker.Start(progress.batch(), progress.Next(),
                    [&](const Batch& batch, const BatchPart& part) {
                      EncodeWorkOrder(slot.number,
                                      outcomes_.hashes().subspan(told_), batch,
                                      part, order_);
                      told_ = outcomes_.size();
                      return server_.Fork(order_);
                    });
}

// In the server. What it was forked with it need not be told.
std::function<void()> WorkerPool::Serve(std::string_view bytes) {
  WorkOrder order = DecodeWorkOrder(bytes);
  learned_.insert(order.learned.begin(), order.learned.end());
  // Moved here once, so that no worker repeats the way from the base.
  runner_.Approach(order.states[0]);
  return [this, order = std::move(order)] {
    const auto known = [this](const Hash128& outcome) {
      return outcomes_.Find(outcome) != nullptr || learned_.contains(outcome);
    };
    RunInWorker(runner_, order, known, slots_[order.worker]->worker.ring());
  };
}

void WorkerPool::Wait() {
  std::vector<pollfd> ends;
  for (const auto& slot : slots_) {
    if (slot->progress != nullptr) {
      ends.push_back({slot->worker.end_fd(), POLLIN, 0});
    }
  }
  // The rings wake nobody: they are looked at every millisecond.
  poll(ends.data(), ends.size(), 1);
  for (const auto& slot : slots_) {
    if (slot->progress == nullptr) continue;
    std::optional<WorkerEnd> end = slot->worker.Poll();
    if (!end) continue;
    std::exchange(slot->progress, nullptr)->Take(std::move(*end));
  }
}

void WorkerPool::Deliver() {
  while (!progresses_.empty() && progresses_.front().done()) {
    BatchProgress progress = std::move(progresses_.front());
    progresses_.pop_front();
    StartIdle();
    unexplained_deaths_ += progress.unexplained();
    if (done_) done_(progress.batch(), progress.results());
  }
}

RunResult WorkerPool::RunAlone(const CrashState& state) {
  if (runner_.options().jobs == 0) {
    RunResult result = RunHere(state);
    result.unsteady = RunHere(state).outcome != result.outcome;
    return result;
  }
  POWERCUT_CHECK(progresses_.empty());
  BatchProgress progress = BatchProgress::Alone(state, outcomes_);
  Slot& slot = *slots_[0];
  while (!progress.done()) {
    Start(slot, progress);
    while (slot.progress != nullptr) Wait();
  }
  return std::move(progress.results()[0]);
}

RunResult WorkerPool::RunHere(const CrashState& state) {
  RunAccess access;
  RunResult result;
  result.outcome = outcomes_.Add(runner_.Run(state, access));
  result.reads = std::move(access.reads);
  result.writes = std::move(access.writes);
  return result;
}

void WorkerPool::SubmitHere(const Batch& batch) {
  std::vector<RunResult> results;
  results.reserve(batch.size());
  for (const CrashState& state : batch) results.push_back(RunHere(state));
  if (done_) done_(batch, results);
}

}  // namespace powercut
