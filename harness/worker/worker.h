// Worker is a forked process that runs a part of a batch, seen from its parent:
// it is started, watched, listened to and reaped here. RunInWorker()
// (harness/worker/worker_process.h) is the same process seen from inside.

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
#include "harness/worker/messages.h"
#include "harness/worker/run_result.h"

namespace powercut {

// Forks a child process that runs the part by RunInWorker() and sends its
// messages through the ring of the worker that calls. Returns the process id.
using ForkWorker = std::function<pid_t(const Batch&, const BatchPart&)>;

// Holds one process at a time. Not thread-safe.
class Worker {
 public:
  // `runner` and `outcomes` must outlive this object. Outcomes that the process
  // finds are added to `outcomes` as they arrive.
  Worker(const RecoveryRunner& runner, OutcomeTable& outcomes);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  // Kills and reaps the process, if there is one.
  ~Worker();

  // Whether there is a process.
  bool busy() const { return pid_ != 0; }
  // A file descriptor that becomes readable when the process ends. It belongs
  // to this object. Requires: busy().
  int end_fd() const { return pidfd_; }

  // The ring through which the process sends.
  ResultRing& ring() { return ring_; }

  // Starts a process that runs `part` of `batch`.
  // Requires: !busy(); the part is not empty.
  void Start(const Batch& batch, const BatchPart& part, const ForkWorker& fork);
  // Takes the messages that have arrived. Returns how the process ended;
  // `std::nullopt` while it runs. Kills the process if one run takes longer
  // than the limit on wall clock time. Does not wait. Requires: busy().
  std::optional<WorkerEnd> Poll();
  // Kills and reaps the process, if there is one.
  void Kill();

 private:
  void TakeMessages();
  // Takes a message that tells a block read. Returns false if no worker in its
  // senses sends these bytes.
  bool TakeRead(std::string_view access);
  // Takes a message that tells a skipped state. Returns false if no worker in
  // its senses skips this state.
  bool TakeSkipped(const WorkerMessageHeader& header);
  // Returns the result that a message about a finished run holds.
  // Errors: kInternal or kBadInput if no worker in its senses sends these
  // bytes.
  Result<RunResult> ResultOf(const Hash128& outcome_hash,
                             std::string_view outcome_bytes,
                             std::string_view access_bytes);
  void KillIfStuck();
  WorkerEnd EndOf(int wait_status);

  const RecoveryRunner& runner_;
  OutcomeTable& outcomes_;
  ResultRing ring_;
  // Bytes that have arrived and are not a whole message yet.
  std::string received_;
  // The process sent what makes no sense; all its later messages are ignored.
  bool wild_ = false;
  std::vector<RunResult> results_;
  // What the run under way has read, if the part is a single state.
  RunReads reads_;
  BatchPart part_;
  // 0 if there is no process.
  pid_t pid_ = 0;
  int pidfd_ = -1;
  bool killed_as_stuck_ = false;
  // The run that the process was last seen at, and since when.
  uint32_t watched_ = ResultRing::kNoCurrent;
  uint64_t watched_since_ms_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORKER_H_
