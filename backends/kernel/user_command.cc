// Runs a program: make a child, exec, wait with a limit, and kill whatever is
// left.
//
// The child shares the memory of this process until it is the program, on a
// stack of its own: this process has the memory of the worker that it was
// forked from, which takes long to fork once more. Unlike after
// vfork(), this process goes on meanwhile and can help a child that somebody
// stopped. Both use one errno, but this process makes no call that could fail
// before the child has its own memory.
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
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/kernel/forbidden_calls.h"
#include "harness/base/monotonic_clock.h"
#include "harness/base/sanitizer.h"
#include "harness/base/shortage.h"
#include "harness/system/process_setup.h"
#include "harness/system/stopped_child.h"

namespace powercut::kernel {
namespace {

// Whether the child may share the memory of this process until it is the
// program. Sanitizers follow fork() only.
constexpr bool kSharesMemory = !kSanitized;

// What the child needs. It is made before the child is, which may not change
// the memory that it shares.
struct ProgramStart {
  explicit ProgramStart(const UserCommand& user_command)
      : command(user_command) {
    for (const std::string& word : command.words) {
      argv.push_back(const_cast<char*>(word.c_str()));
    }
    argv.push_back(nullptr);
    const auto names = [](std::string_view variable, std::string_view other) {
      return variable.substr(0, variable.find('=') + 1) ==
             other.substr(0, other.find('=') + 1);
    };
    for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
      const bool replaced = std::ranges::any_of(
          command.environment,
          [&](const std::string& own) { return names(own, *at); });
      if (!replaced) environment.push_back(*at);
    }
    for (const std::string& own : command.environment) {
      environment.push_back(const_cast<char*>(own.c_str()));
    }
    environment.push_back(nullptr);
  }

  const UserCommand& command;
  std::vector<char*> argv;
  std::vector<char*> environment;
  sigset_t mask{};
  // The ends of pipes that the child writes to and reads from.
  int failure = -1;
  int ready = -1;
};

// A signal that comes before the program begins must run no handler of this
// process.
void ResetSignals(const sigset_t& mask) {
  RestoreSignals();
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action{};
    if (sigaction(number, nullptr, &action) == 0 &&
        action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) {
      signal(number, SIG_DFL);
    }
  }
  sigprocmask(SIG_SETMASK, &mask, nullptr);
}

// Becomes the program, in the child. If that fails, the errno value goes into
// the pipe `failure`. Calls what changes no memory but the stack and errno.
int Become(void* argument) {
  const ProgramStart& start = *static_cast<const ProgramStart*>(argument);
  const UserCommand& command = start.command;
  ResetSignals(start.mask);
  char nothing = 0;
  while (read(start.ready, &nothing, 1) < 0 && errno == EINTR) {
  }
  if (!command.output.empty()) {
    const int output = open(command.output.c_str(),
                            O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
  }
  if (!command.standard_output.empty()) {
    dup2(open(command.standard_output.c_str(), O_WRONLY | O_APPEND),
         STDOUT_FILENO);
  }
  int error = ForbidCalls();
  if (error == 0 && command.catcher != nullptr)
    error = command.catcher->Catch();
  if (error == 0) {
    if (chdir(command.folder.c_str()) == 0) {
      execvpe(start.argv[0], start.argv.data(), start.environment.data());
    }
    error = errno;
  }
  const ssize_t written = write(start.failure, &error, sizeof(error));
  _exit(written == sizeof(error) ? 0 : 1);
}

// Makes the child, which runs Become() on `stack`, if it shares memory. Returns
// its number; -1 and errno as fork() does.
pid_t MakeChild(ProgramStart& start, std::vector<std::byte>& stack) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &start.mask);
  pid_t process = 0;
  if (kSharesMemory) {
    // execvpe() puts the words there once more if the program is a script.
    stack.resize((size_t{64} << 10) + start.argv.size() * sizeof(char*));
    void* const top = stack.data() + stack.size() / 16 * 16;
    process = clone(Become, top, CLONE_VM | SIGCHLD, &start);
  } else {
    process = fork();
    if (process == 0) Become(&start);
  }
  const int error = errno;
  sigprocmask(SIG_SETMASK, &start.mask, nullptr);
  errno = error;
  return process;
}

// Starts the program. Returns 0, or the errno value that kept it from starting.
int Start(const UserCommand& command, pid_t& process) {
  // The first pipe closes when the program starts, the second one when it may.
  int failure[2];
  int ready[2];
  if (pipe2(failure, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0) {
    return errno;
  }
  ProgramStart start(command);
  start.failure = failure[1];
  start.ready = ready[0];
  std::vector<std::byte> stack;
  process = MakeChild(start, stack);
  int error = process < 0 ? errno : 0;
  close(failure[1]);
  if (error == 0 && command.tracer != nullptr) {
    error = command.tracer->Attach(process);
    if (error != 0) kill(process, SIGKILL);
  }
  // A byte, and not the end of the pipe: the child has that end, too.
  if (write(ready[1], "", 1) != 1 && error == 0) error = errno;
  close(ready[0]);
  close(ready[1]);
  // Until it is the program, the process is one of powercut's own, which
  // somebody may have stopped like the others. Where a tracer is attached, the
  // stops of the process belong to the tracer.
  constexpr int kPauseMs = 500;
  pollfd began = {failure[0], POLLIN, 0};
  // The other end closes when the child has no memory of this process any more:
  // it is the program, or it has ended.
  while (true) {
    if (command.tracer == nullptr && poll(&began, 1, kPauseMs) <= 0) {
      ContinueIfStopped(process);
      continue;
    }
    int told = 0;
    if (read(failure[0], &told, sizeof(told)) != sizeof(told)) break;
    error = told;
  }
  close(failure[0]);
  if (error == 0 && command.catcher != nullptr)
    error = command.catcher->Attach();
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

// Answers the calls that are caught until the process ends or its time is over
// (0 means that it has no limit).
void ServeCalls(int process_fd, CallCatcher& catcher, uint32_t timeout_ms) {
  const uint64_t began_ms = MonotonicMs();
  pollfd ends[] = {{process_fd, POLLIN, 0}, {catcher.fd(), POLLIN, 0}};
  while (true) {
    const uint64_t passed_ms = MonotonicMs() - began_ms;
    if (timeout_ms > 0 && passed_ms >= timeout_ms) return;
    poll(ends, 2,
         timeout_ms == 0 ? -1 : static_cast<int>(timeout_ms - passed_ms));
    if (ends[1].revents != 0 && !catcher.Serve()) ends[1].fd = -1;
    if (ends[0].revents != 0) return;
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
std::optional<int> WaitFor(pid_t process, uint32_t timeout_ms,
                           CallCatcher* catcher, int& error) {
  if (timeout_ms == 0 && catcher == nullptr) return ReapUntil(process);
  const auto process_fd = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (process_fd < 0) {
    error = errno;
    return std::nullopt;
  }
  const uint64_t began_ms = MonotonicMs();
  if (catcher != nullptr) ServeCalls(process_fd, *catcher, timeout_ms);
  const uint64_t passed_ms = MonotonicMs() - began_ms;
  const uint32_t left_ms = passed_ms < timeout_ms
                               ? timeout_ms - static_cast<uint32_t>(passed_ms)
                               : 0;
  if (!EndsInTime(process_fd, left_ms)) return std::nullopt;
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
                : WaitFor(process, command.timeout_ms, command.catcher, error);
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
