#include "backends/kernel/user_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace powercut {
namespace {

constexpr size_t kLineMax = 200;

// What keeps it from starting goes into `failure`, as an errno.
[[noreturn]] void Become(const UserCommand& command, int failure) {
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
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
  if (chdir(command.folder.c_str()) == 0) execvp(argv[0], argv.data());
  const int error = errno;
  const ssize_t written = write(failure, &error, sizeof(error));
  _exit(written == sizeof(error) ? 0 : 1);
}

// Starts it; 0, or the errno that kept it from starting.
int Start(const UserCommand& command, pid_t& process) {
  // The program's start closes it.
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return errno;
  process = fork();
  int error = process < 0 ? errno : 0;
  if (process == 0) Become(command, failure[1]);
  close(failure[1]);
  int told = 0;
  if (read(failure[0], &told, sizeof(told)) == sizeof(told)) error = told;
  close(failure[0]);
  return error;
}

// Reaps whatever ends until it is `process`.
int WaitFor(pid_t process) {
  int status = 0;
  while (true) {
    const pid_t ended = waitpid(-1, &status, 0);
    if (ended == process) return status;
    if (ended < 0 && errno != EINTR) return 0;
  }
}

std::string LastLineOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) last = line.substr(0, kLineMax);
  }
  return last;
}

std::string HowItEnded(int status, const std::string& output) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const char* signal_name =
      WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : nullptr;
  std::string ended =
      WIFSIGNALED(status)
          ? fmt::format("killed by SIG{}", signal_name ? signal_name : "?")
          : fmt::format("exit status {}", WEXITSTATUS(status));
  const std::string line = output.empty() ? "" : LastLineOf(output);
  if (!line.empty()) ended += ": " + line;
  return ended;
}

}  // namespace

CommandEnd RunUserCommand(const UserCommand& command) {
  pid_t process = 0;
  const int error = Start(command, process);
  const int status = process > 0 ? WaitFor(process) : 0;
  // What it left running would write into what comes next.
  kill(-1, SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  if (error != 0) {
    return {CommandEnd::kNotStarted,
            fmt::format("{} cannot be started: {}", command.words[0],
                        strerrordesc_np(error))};
  }
  return {CommandEnd::kEnded, HowItEnded(status, command.output)};
}

}  // namespace powercut
