// Sets what a process inherits by the calls that set it, and reads its limits.

#include "harness/system/process_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>

namespace powercut {
namespace {

// A shell ignores these for a program that is to outlive a terminal, or to run
// beside one.
bool MayStayIgnored(int signal_number) {
  for (const int stays : {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU}) {
    if (signal_number == stays) return true;
  }
  return false;
}

// A file that is opened gets the lowest free number. If descriptor 1 is closed,
// the next file would be what std::printf() writes to.
void OpenStandardDescriptors() {
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(standard, F_GETFD) >= 0 || errno != EBADF) continue;
    // The wrong direction: what is printed must fail, not vanish. All lower
    // numbers are open, so that open() returns this one.
    open("/dev/null", standard == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

std::string Mebibytes(uint64_t bytes) {
  return fmt::format("{} MiB", (bytes + (1 << 20) - 1) >> 20);
}

}  // namespace

void SetUpProcess() {
  OpenStandardDescriptors();
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action{};
    if (MayStayIgnored(number) || sigaction(number, nullptr, &action) != 0 ||
        action.sa_handler != SIG_IGN) {
      continue;
    }
    signal(number, SIG_DFL);
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  // Last, so that a signal that waits meets its disposition.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

sigset_t SignalsToRestore() {
  sigset_t signals;
  sigemptyset(&signals);
  // Workers and their helpers ignore SIGINT.
  for (const int number : {SIGINT, SIGPIPE, SIGXFSZ}) {
    sigaddset(&signals, number);
  }
  return signals;
}

void RestoreSignals() {
  const sigset_t signals = SignalsToRestore();
  for (int number = 1; number < NSIG; ++number) {
    if (sigismember(&signals, number) == 1) signal(number, SIG_DFL);
  }
}

Status CheckFileSizeLimit(uint64_t size_bytes) {
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      limit.rlim_cur >= size_bytes) {
    return Ok{};
  }
  return Error{ErrorCode::kMissing,
               fmt::format("files may have {} bytes at most here, and the disk "
                           "has {}; run `ulimit -f unlimited` first",
                           limit.rlim_cur, size_bytes)};
}

Status CheckAddressSpaceLimit(uint64_t more_bytes) {
  rlimit limit{};
  const uint64_t used = AddressSpaceBytes();
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
      (limit.rlim_cur >= used && limit.rlim_cur - used >= more_bytes)) {
    return Ok{};
  }
  return Error{
      ErrorCode::kMissing,
      fmt::format("a process may have {} of address space at most here; a "
                  "recovery may take {}; run `ulimit -v unlimited` first",
                  Mebibytes(limit.rlim_cur), Mebibytes(used + more_bytes))};
}

uint64_t AddressSpaceBytes() {
  unsigned long long pages = 0;
  std::FILE* statm = std::fopen("/proc/self/statm", "re");
  if (statm == nullptr) return 0;
  if (std::fscanf(statm, "%llu", &pages) != 1) pages = 0;
  std::fclose(statm);
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace powercut
