// Worker: a forked process that runs a part of a batch, seen from its parent.

#ifndef POWERCUT_HARNESS_WORKER_WORKER_H_
#define POWERCUT_HARNESS_WORKER_WORKER_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/recover/outcome_table.h"
#include "harness/recover/recovery_runner.h"
#include "harness/system/result_ring.h"
#include "harness/worker/run_result.h"

namespace powercut {

// Forks a process that runs the part (harness/worker/worker_process.h) and
// sends what comes of it through the ring of the worker that asks.
using ForkWorker = std::function<pid_t(const Batch&, const BatchPart&)>;

// One process at a time.
class Worker {
 public:
  // Both must outlive this object. Outcomes that the process finds are added
  // to the table as they arrive.
  Worker(const RecoveryRunner& runner, OutcomeTable& outcomes);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Kills and reaps.
  ~Worker();

  bool busy() const { return pid_ != 0; }
  // Becomes readable at the end of the process. Requires: busy().
  int end_fd() const { return pidfd_; }

  // Where the process sends.
  ResultRing& ring() { return ring_; }

  // Requires: !busy(); the part is not empty.
  void Start(const Batch& batch, const BatchPart& part, const ForkWorker& fork);
  // Takes what has arrived and ends a process that is stuck; what there is to
  // say once it has ended, else nothing. Requires: busy().
  std::optional<WorkerEnd> Poll();
  // Kills and reaps the process, if there is one.
  void Kill();

 private:
  void TakeMessages();
  // Of one message, its header apart.
  // False: it cannot be.
  bool TakeRead(std::string_view access);
  Result<RunResult> ResultOf(const Hash128& outcome_hash,
                             std::string_view outcome_bytes,
                             std::string_view access_bytes);
  void KillIfStuck();
  WorkerEnd EndOf(int wait_status);

  const RecoveryRunner& runner_;
  OutcomeTable& outcomes_;
  ResultRing ring_;
  std::string received_;
  // It sent what makes no sense; whatever follows is not listened to.
  bool wild_ = false;
  std::vector<RunResult> results_;
  RunReads reads_;  // of the run under way, if it is alone
  BatchPart part_;
  pid_t pid_ = 0;  // 0: none
  int pidfd_ = -1;
  bool killed_as_stuck_ = false;
  uint32_t watched_ = ResultRing::kNoCurrent;
  uint64_t watched_since_ms_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORKER_H_
