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

// As a shell says it.
constexpr int kNotFound = 127;
constexpr size_t kLineMax = 200;

[[noreturn]] void Become(const UserCommand& command) {
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
  dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerrordesc_np(errno));
  _exit(kNotFound);
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

}  // namespace

std::string RunUserCommand(const UserCommand& command) {
  const pid_t process = fork();
  if (process < 0) return fmt::format("fork: {}", strerrordesc_np(errno));
  if (process == 0) Become(command);
  const int status = WaitFor(process);
  // What it left running would write into what comes next.
  kill(-1, SIGKILL);
  while (waitpid(-1, nullptr, 0) > 0) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const char* signal_name =
      WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : nullptr;
  std::string ended =
      WIFSIGNALED(status)
          ? fmt::format("killed by SIG{}", signal_name ? signal_name : "?")
          : fmt::format("exit status {}", WEXITSTATUS(status));
  const std::string line =
      command.output.empty() ? "" : LastLineOf(command.output);
  if (!line.empty()) ended += ": " + line;
  return ended;
}

}  // namespace powercut
