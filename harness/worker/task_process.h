// TaskProcess: a task, which is work on bytes that no storage code takes part
// in, in a process of its own.

#ifndef POWERCUT_HARNESS_WORKER_TASK_PROCESS_H_
#define POWERCUT_HARNESS_WORKER_TASK_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "harness/system/result_ring.h"

namespace powercut {

// Makes the result of a task of its order. Called in a process that was forked
// for the task.
using Task = std::function<std::string(std::string_view order)>;
// The result of a task; `std::nullopt` if its process ended before it was done.
using TaskResult = std::optional<std::string>;

// Runs the task and sends its result.
[[noreturn]] void RunTask(const Task& task, std::string_view order,
                          ResultRing& ring) noexcept;

// Holds one process at a time. Not thread-safe.
class TaskProcess {
 public:
  TaskProcess() = default;
  TaskProcess(const TaskProcess&) = delete;
  TaskProcess& operator=(const TaskProcess&) = delete;
  // Kills and reaps the process, if there is one.
  ~TaskProcess();

  // A file descriptor that becomes readable when the process ends. It belongs
  // to this object. Requires: there is a process.
  int end_fd() const { return pidfd_; }
  // The ring through which the process sends.
  ResultRing& ring() { return ring_; }

  // Takes over a process that `fork` starts and that calls RunTask().
  // Requires: there is none.
  void Start(const std::function<pid_t()>& fork);
  // Takes what has arrived. Returns the result once the process has ended;
  // `std::nullopt` while it runs. Does not wait. Requires: there is a process.
  std::optional<TaskResult> Poll();
  // Kills and reaps the process, if there is one.
  void Kill();

 private:
  ResultRing ring_;
  std::string received_;
  // 0 if there is no process.
  pid_t pid_ = 0;
  int pidfd_ = -1;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_TASK_PROCESS_H_
