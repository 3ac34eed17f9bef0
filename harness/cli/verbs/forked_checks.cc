// Checks files in forked processes.
//
// A process writes its JSON report to one file in memory, which is its standard
// output, and all that it prints to another one. The report takes the place of
// what `check` would print, so that the order in which processes end is not
// seen. Processes are watched through descriptors that become readable at their
// end, since waiting for any child would take the ends of workers, too.
//
// Each process has a process group of its own: Ctrl-C reaches this process
// alone, which passes it on once. A second one would end a process without a
// report. If this process ends, the others are killed.

#include "harness/cli/verbs/forked_checks.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "harness/base/shortage.h"
#include "harness/cli/input/user_file.h"
#include "harness/cli/terminal/interrupt.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

// A file in memory, which forked processes share.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("powercut", MFD_CLOEXEC)) {
    if (fd_ < 0) {
      throw Shortage(fmt::format("a file in memory cannot be made: {}{}",
                                 strerror(errno), RemedyForShortage(errno)));
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(fd_); }

  int fd() const { return fd_; }
  std::string Text() const {
    std::string text(static_cast<size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    size_t done = 0;
    while (done < text.size()) {
      const ssize_t got = pread(fd_, text.data() + done, text.size() - done,
                                static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      done += static_cast<size_t>(got);
    }
    text.resize(done);
    return text;
  }

 private:
  int fd_;
};

[[noreturn]] void CheckInThisProcess(CheckFlags flags, int report, int printed,
                                     pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExitInternal);
  setpgid(0, 0);
  dup2(report, STDOUT_FILENO);
  dup2(printed, STDERR_FILENO);
  KeepStandardOutput();
  flags.report = ReportFlags();
  flags.report.json = kStandardName;
  flags.quiet = true;
  const auto status = WithShortages([&] { return RunCheck(flags); });
  if (!status) Fail(status.error());
  std::fflush(stdout);
  std::fflush(stderr);
  // exit() would run the exit handlers of the parent.
  _exit(status ? *status : ExitStatusOf(status.error().code));
}

class ForkedCheck {
 public:
  ForkedCheck(size_t index, const CheckFlags& flags)
      : index_(index), file_(flags.files.front()) {
    const pid_t parent = getpid();
    std::fflush(stdout);
    pid_ = fork();
    if (pid_ == 0) {
      CheckInThisProcess(flags, report_.fd(), printed_.fd(), parent);
    }
    if (pid_ > 0) pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    if (pidfd_ < 0) {
      const int error = errno;
      End();
      throw Shortage(fmt::format("a process cannot be started: {}{}",
                                 strerror(error), RemedyForShortage(error)));
    }
  }
  ForkedCheck(const ForkedCheck&) = delete;
  ForkedCheck& operator=(const ForkedCheck&) = delete;
  ~ForkedCheck() { End(); }

  size_t index() const { return index_; }
  int end_fd() const { return pidfd_; }

  void Interrupt() const { kill(pid_, SIGTERM); }

  // Requires: the process has ended.
  Result<Report> TakeReport() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    auto report = ReadReport(report_.Text(), file_);
    if (report) return report;
    const std::string how = WIFEXITED(status)
                                ? fmt::format("status {}", WEXITSTATUS(status))
                                : fmt::format("signal {}", WTERMSIG(status));
    return Error{ErrorCode::kInternal,
                 fmt::format("{}: the check ended with {} and no report: {}",
                             file_, how, printed_.Text())};
  }

 private:
  // Kills and reaps the process, if it was not reaped.
  void End() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    if (pidfd_ >= 0) close(pidfd_);
    pid_ = pidfd_ = -1;
  }

  const size_t index_;
  const std::string file_;
  MemoryFile report_;
  MemoryFile printed_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
};

// Waits until one of them has ended, or a moment: an interrupt may come between
// a look at it and the wait.
void WaitForOne(const std::list<ForkedCheck>& running) {
  constexpr int kMomentMs = 200;
  std::vector<pollfd> ends;
  for (const ForkedCheck& one : running) {
    ends.push_back({one.end_fd(), POLLIN, 0});
  }
  poll(ends.data(), ends.size(), kMomentMs);
}

bool HasEnded(const ForkedCheck& check) {
  pollfd end{check.end_fd(), POLLIN, 0};
  return poll(&end, 1, 0) > 0;
}

}  // namespace

Result<std::vector<Report>> CheckEach(const std::vector<CheckFlags>& checks,
                                      uint32_t jobs) {
  std::vector<std::optional<Report>> reports(checks.size());
  std::list<ForkedCheck> running;
  size_t next = 0;
  bool passed_on = false;
  while (true) {
    while (next < checks.size() && running.size() < jobs && !Interrupted()) {
      running.emplace_back(next, checks[next]);
      ++next;
    }
    if (running.empty()) break;
    if (Interrupted() && !passed_on) {
      for (const ForkedCheck& one : running) one.Interrupt();
      passed_on = true;
    }
    WaitForOne(running);
    for (auto at = running.begin(); at != running.end();) {
      if (!HasEnded(*at)) {
        ++at;
        continue;
      }
      POWERCUT_ASSIGN(reports[at->index()], at->TakeReport());
      at = running.erase(at);
    }
  }
  std::vector<Report> done;
  for (auto& report : reports) {
    if (report) done.push_back(std::move(*report));
  }
  return done;
}

}  // namespace powercut
