// WorkerPool: recoveries in forked processes, so that storage code may crash,
// hang or eat memory on a bad disk without taking anything else with it.
//
// The parent hands out batches of states; a worker is forked for each, inherits
// the trace and an image that already stands near the batch's first state, and
// sends outcomes through a ring. A worker that ends before its batch does is
// noticed by the state it had begun: that state is run again alone in a fresh
// worker, and only if it ends badly again is that its outcome; the rest of the
// batch goes to another worker.
//
// Outcomes do not depend on how states are batched or on the number of workers.

#ifndef POWERCUT_HARNESS_WORKER_POOL_H_
#define POWERCUT_HARNESS_WORKER_POOL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/content_hash.h"
#include "harness/crash_image.h"
#include "harness/recovery.h"
#include "harness/recovery_event.h"
#include "harness/run_bytes.h"
#include "harness/run_reads.h"
#include "harness/touched_blocks.h"

namespace powercut {

struct WorkerLimits {
  // Device requests of one recovery. A mount with a walk of a small tree makes
  // about a hundred; a million is a loop.
  uint64_t requests = 1'000'000;
  // CPU time of one recovery.
  uint32_t cpu_ms = 10'000;
  // Wall clock of one recovery: the last resort.
  uint32_t wall_ms = 100'000;
  // Memory a worker may take in addition to what it inherits.
  uint64_t memory_bytes = uint64_t{2} << 30;
};

using OutcomeId = uint32_t;

// Outcomes, each kept once. Ids count from 0 in the order of arrival.
class OutcomeTable {
 public:
  // The id of these bytes, if they are known.
  const OutcomeId* Find(const Hash128& hash) const;
  OutcomeId Add(const Hash128& hash, RecoveryOutcome outcome);
  const RecoveryOutcome& operator[](OutcomeId id) const {
    return outcomes_[id];
  }
  const Hash128& hash(OutcomeId id) const { return hashes_[id]; }
  size_t size() const { return outcomes_.size(); }

 private:
  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> ids_;
  std::vector<RecoveryOutcome> outcomes_;
  std::vector<Hash128> hashes_;
};

// What a run gave, beside what it cost.
struct RunResult {
  OutcomeId outcome = 0;
  // With `report_reads`; nothing of a run that died or was ended.
  RunReads reads;
  // With `report_writes`: what recovery itself did to the disk, up to where
  // the observation began; nothing of a run that died or was ended.
  std::vector<RecoveryEvent> writes;
};

// States of one crash kind, to be run in order.
using Batch = std::vector<CrashState>;

class WorkerPool {
 public:
  struct Options {
    // 0: no workers; states run in this process, in Submit(), without
    // isolation and without bounds but that on requests. For fuzz targets,
    // where a crash is the fuzzer's to catch.
    uint32_t jobs = 1;
    RecoveryOptions recovery;
    WorkerLimits limits;
    // Fill in RunResult::reads and RunResult::writes.
    bool report_reads = false;
    bool report_writes = false;
    // Report the reads of every block, not only of those that the trace
    // touches.
    bool all_reads = false;
  };

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

  // One state alone in a fresh worker; what comes out is its outcome, whatever
  // it is. No batch may be under way.
  RunResult RunAlone(const CrashState& state);

  const OutcomeTable& outcomes() const { return outcomes_; }
  // One that no run gave, but that follows from one.
  OutcomeId AddOutcome(RecoveryOutcome outcome);

 private:
  struct Worker;
  struct Task;

  void Step();
  void Deliver();
  void StartIdle();
  void Start(Worker& worker, Task& task);
  RecoveryOutcome RunState(CrashImage& image, CrashDisk& disk,
                           const CrashState& state, RunAccess& access);
  RunResult RunHere(CrashImage& image, CrashDisk& disk,
                    const CrashState& state);
  void SubmitHere(const Batch& batch);
  // What storage code throws ends the worker; it must not unwind the parent's
  // stack in the child.
  [[noreturn]] void WorkInChild(Worker& worker, const Task& task) noexcept;
  Result<RunAccess> AccessOf(std::string_view bytes) const;
  void Collect(Worker& worker);
  void TakeMessages(Worker& worker);
  void Finish(Worker& worker, int wait_status);
  void KillIfStuck(Worker& worker);
  void Wait();
  RecoveryOutcome OutcomeOfDeath(const Worker& worker, int wait_status) const;
  CrashImage& ImageFor(CrashKind kind);

  Backend& backend_;
  const CrashSpace& space_;
  Options options_;
  TouchedBlocks touched_;
  OutcomeTable outcomes_;
  std::vector<std::unique_ptr<CrashImage>> images_;  // by kind, made on demand
  std::vector<std::unique_ptr<Worker>> workers_;
  std::deque<std::unique_ptr<Task>> tasks_;  // in order of Submit()
  Done done_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_POOL_H_
