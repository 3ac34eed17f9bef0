// Runs a program: fork, exec, wait with a limit, and kill whatever is left.
//
// The child reports through a pipe why the program could not be started. The
// pipe closes at exec, so that reading nothing means that the program runs. The
// wait polls a pidfd, which has a timeout, unlike waitpid(). Since the caller
// is the first process of its PID namespace, it inherits the orphans of the
// program, and one kill(-1) ends them all, daemons included.

#include "backends/kernel/user_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "backends/kernel/forbidden_calls.h"
#include "harness/base/monotonic_clock.h"
#include "harness/base/shortage.h"
#include "harness/system/process_setup.h"
#include "harness/system/stopped_child.h"

namespace powercut::kernel {
namespace {

// Becomes the program, in the child. If that fails, the errno value goes into
// the pipe `failure`.
[[noreturn]] void Become(const UserCommand& command, int failure) {
  RestoreSignals();
  for (const std::string& variable : command.environment) {
    putenv(strdup(variable.c_str()));
  }
  if (!command.output.empty()) {
    const int output = open(command.output.c_str(),
                            O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
  }
  std::vector<char*> argv;
  for (const std::string& word : command.words) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  int error = ForbidCalls();
  if (error == 0) {
    if (chdir(command.folder.c_str()) == 0) execvp(argv[0], argv.data());
    error = errno;
  }
  const ssize_t written = write(failure, &error, sizeof(error));
  _exit(written == sizeof(error) ? 0 : 1);
}

// Starts the program. Returns 0, or the errno value that kept it from starting.
int Start(const UserCommand& command, pid_t& process) {
  // The first pipe closes when the program starts, the second one when it may.
  int failure[2];
  int ready[2];
  if (pipe2(failure, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0) {
    return errno;
  }
  process = fork();
  int error = process < 0 ? errno : 0;
  if (process == 0) {
    close(ready[1]);
    char nothing = 0;
    while (read(ready[0], &nothing, 1) < 0 && errno == EINTR) {
    }
    Become(command, failure[1]);
  }
  close(ready[0]);
  close(failure[1]);
  if (error == 0 && command.tracer != nullptr) {
    error = command.tracer->Attach(process);
    if (error != 0) kill(process, SIGKILL);
  }
  close(ready[1]);
  // Until it is the program, the process is one of powercut's own, which
  // somebody may have stopped like the others. Where a tracer is attached, the
  // stops of the process belong to the tracer.
  constexpr int kPauseMs = 500;
  pollfd began = {failure[0], POLLIN, 0};
  while (error == 0 && command.tracer == nullptr &&
         poll(&began, 1, kPauseMs) <= 0) {
    ContinueIfStopped(process);
  }
  int told = 0;
  if (read(failure[0], &told, sizeof(told)) == sizeof(told)) error = told;
  close(failure[0]);
  return error;
}

// Reaps the processes that end until `process` is one of them. Returns its
// status.
int ReapUntil(pid_t process) {
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(-1, &status, 0);
    if (ended == process) return status;
    if (ended < 0 && errno != EINTR) return 0;
  }
}

// Waits for the end of a process, for at most `timeout_ms`, and closes its
// descriptor. Returns whether it ended.
bool EndsInTime(int process_fd, uint32_t timeout_ms) {
  pollfd end = {process_fd, POLLIN, 0};
  // A signal interrupts poll(), which then goes on for the time that is left.
  const uint64_t began_ms = MonotonicMs();
  uint64_t passed_ms = 0;
  int ended = 0;
  do {
    ended = poll(&end, 1, static_cast<int>(timeout_ms - passed_ms));
    passed_ms = MonotonicMs() - began_ms;
  } while (ended < 0 && passed_ms < timeout_ms);
  close(end.fd);
  return ended > 0;
}

// Waits for the end of the process and returns its status; `std::nullopt` if
// its time was over first, or if it cannot be watched: `error` is then an errno
// value.
std::optional<int> WaitFor(pid_t process, uint32_t timeout_ms, int& error) {
  if (timeout_ms == 0) return ReapUntil(process);
  const auto process_fd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (process_fd < 0) {
    error = errno;
    return std::nullopt;
  }
  if (!EndsInTime(process_fd, timeout_ms)) return std::nullopt;
  return ReapUntil(process);
}

// How the program ended, in one line. Empty if it ended with status 0.
std::string HowItEnded(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (!WIFSIGNALED(status)) {
    return fmt::format("exit status {}", WEXITSTATUS(status));
  }
  const char* name = sigabbrev_np(WTERMSIG(status));
  return fmt::format("killed by SIG{}", name == nullptr ? "?" : name);
}

}  // namespace

CommandEnd RunUserCommand(const UserCommand& command) {
  pid_t process = 0;
  int error = Start(command, process);
  std::optional<int> ended;
  if (error == 0) {
    ended = command.tracer != nullptr
                ? command.tracer->WaitFor(process, command.timeout_ms)
                : WaitFor(process, command.timeout_ms, error);
  }
  // Processes that the program left running would write into what comes next.
  kill(-1, SIGKILL);
  while (waitpid(-1, nullptr, __WALL) > 0) {
  }
  if (error != 0) {
    return {CommandEnd::kNotStarted,
            fmt::format("{} cannot be started: {}{}", command.words[0],
                        strerrordesc_np(error), RemedyForShortage(error))};
  }
  if (!ended) {
    return {CommandEnd::kTimedOut,
            fmt::format("no end after {} ms", command.timeout_ms)};
  }
  return {CommandEnd::kEnded, HowItEnded(*ended)};
}

}  // namespace powercut::kernel
