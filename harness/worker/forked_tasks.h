// ForkedTasks runs tasks in copies of this process, several at once. A copy is
// forked for each task, so that the task finds all that this process knows and
// is handed no bytes. A task may run tasks of its own.

#ifndef POWERCUT_HARNESS_WORKER_FORKED_TASKS_H_
#define POWERCUT_HARNESS_WORKER_FORKED_TASKS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "harness/worker/task_process.h"

namespace powercut {

// One object serves this process and all copies below it. Not thread-safe.
class ForkedTasks {
 public:
  // At most `jobs` of all copies work at once; one that waits for tasks of its
  // own does not work. Requires: jobs > 0.
  explicit ForkedTasks(uint32_t jobs);
  ForkedTasks(const ForkedTasks&) = delete;
  ForkedTasks& operator=(const ForkedTasks&) = delete;
  ~ForkedTasks();

  // Makes the result of the task with this number. Called in a copy.
  using TaskOf = std::function<std::string(size_t number)>;
  // Called in this process with each result, in the order of the numbers.
  using Done = std::function<void(size_t number, const TaskResult& result)>;
  // Called in this process now and then while it waits; `current` is the sum of
  // what the copies told by Tell(). True asks all tasks to end.
  using Stop = std::function<bool(uint64_t current)>;

  // Runs the tasks 0 to `count` - 1. Returns when each has ended. A task that
  // was killed, or that threw, has no result.
  // Requires: the calling process has no other threads.
  // Throws Shortage if no process can be started.
  void Run(size_t count, const TaskOf& task, const Done& done,
           const Stop& stop);

  // For a task: whether it was asked to end.
  bool StopAsked() const;
  // For a task: tells the waiting process a number. It does nothing in a
  // process that is no copy.
  void Tell(uint64_t current);

 private:
  struct Copy;

  bool TakePermit();
  void GivePermit();
  void AskToStop();

  // A byte in this pipe is a permit to work. A process that works has one that
  // is not in the pipe.
  int permits_[2] = {-1, -1};
  // Nobody reads this pipe. A byte in it asks all tasks to end.
  int stop_[2] = {-1, -1};
  // In a copy: where Tell() tells.
  ResultRing* ring_ = nullptr;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_FORKED_TASKS_H_
