// Starts the process by clone(2), which puts only the child into the new PID
// namespace; unshare(2) would put every later child of the owner there.

#include "backends/kernel/inner_process.h"

#include <errno.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "backends/kernel/mounter_messages.h"
#include "harness/base/shortage.h"
#include "harness/system/message_socket.h"

namespace powercut::kernel {

Error MissingHere(std::string_view what, std::string_view remedy) {
  const std::string_view shortage = RemedyForShortage(errno);
  return {ErrorCode::kMissing,
          fmt::format("{}: {}{}", what, strerrordesc_np(errno),
                      shortage.empty() ? remedy : shortage)};
}

Status EnterMountNamespace(mode_t shim_mode, std::string_view remedy) {
  if (unshare(CLONE_NEWNS) != 0) {
    return MissingHere("a mount namespace", remedy);
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return MissingHere("a private mount namespace", remedy);
  }
  if (mount("powercut", kPlaceFolder, "tmpfs", 0, "size=64m") != 0) {
    return MissingHere(kPlaceFolder, remedy);
  }
  if (mkdir(kShimFolder, shim_mode) != 0 || mkdir(kVolumeFolder, 0755) != 0) {
    const Error error = MissingHere(kPlaceFolder, remedy);
    umount2(kPlaceFolder, MNT_DETACH);
    return error;
  }
  return Ok{};
}

Result<InnerProcess> StartInnerProcess(void (*run)(int socket),
                                       std::string_view remedy) {
  const auto [ours, theirs] = MessageSocketPair();
  // What is buffered must not be printed a second time by the child.
  std::fflush(nullptr);
  const auto pid = static_cast<pid_t>(
      syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, 0));
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ours);
    run(theirs);
    _exit(0);
  }
  const int error = errno;
  close(theirs);
  if (pid > 0) return InnerProcess{pid, ours};
  close(ours);
  errno = error;
  return MissingHere("a PID namespace", remedy);
}

Error GoneError(std::string_view what, std::optional<int> status) {
  const char* name = status && WIFSIGNALED(*status)
                         ? sigabbrev_np(WTERMSIG(*status))
                         : nullptr;
  return {ErrorCode::kIo,
          fmt::format(
              "{} is gone{}; run it again", what,
              name == nullptr ? "" : fmt::format(", killed by SIG{}", name))};
}

}  // namespace powercut::kernel
