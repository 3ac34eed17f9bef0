// The process sends the hash of its result and then the result, so that a
// result of which a part is missing is told from a whole one.

#include "harness/worker/task_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/base/check.h"
#include "harness/base/shortage.h"
#include "harness/system/stopped_child.h"
#include "harness/worker/messages.h"

namespace powercut {

void RunTask(const Task& task, std::string_view order,
             ResultRing& ring) noexcept {
  const std::string result = task(order);
  const Hash128 hash = HashOfMessage(result);
  ring.Send({reinterpret_cast<const char*>(&hash), sizeof(hash)});
  ring.Send(result);
  // exit() would run the exit handlers of the parent.
  _exit(0);
}

TaskProcess::~TaskProcess() { Kill(); }

void TaskProcess::Kill() {
  if (pid_ == 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(pidfd_);
  pid_ = 0;
}

void TaskProcess::Start(const std::function<pid_t()>& fork) {
  POWERCUT_CHECK(pid_ == 0);
  ring_.Clear();
  received_.clear();
  pid_ = fork();
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (pidfd_ < 0) {
    throw Shortage(fmt::format("a process cannot be watched: {}{}",
                               strerrordesc_np(errno),
                               RemedyForShortage(errno)));
  }
}

std::optional<TaskResult> TaskProcess::Poll() {
  const bool ended = waitpid(pid_, nullptr, WNOHANG) == pid_;
  // Bytes are taken after waitpid(), so that none that was sent before the end
  // is missed.
  ring_.Receive(received_);
  if (!ended) {
    ContinueIfStopped(pid_);
    return std::nullopt;
  }
  close(pidfd_);
  pid_ = 0;
  Hash128 hash;
  if (received_.size() < sizeof(hash)) return TaskResult();
  std::memcpy(&hash, received_.data(), sizeof(hash));
  received_.erase(0, sizeof(hash));
  if (HashOfMessage(received_) != hash) return TaskResult();
  return TaskResult(std::move(received_));
}

}  // namespace powercut
