#include "backends/kernel/mounter.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "backends/kernel/mounter_process.h"
#include "harness/system/message_socket.h"

namespace powercut::kernel {
namespace {

Error Missing(std::string_view what) {
  return {ErrorCode::kMissing,
          fmt::format("{}: {}; kernel file systems take root", what,
                      strerrordesc_np(errno))};
}

// A mount namespace of this process's own, where nothing that is mounted is
// seen outside.
Status EnterMountNamespace() {
  if (unshare(CLONE_NEWNS) != 0) return Missing("a mount namespace");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Missing("a private mount namespace");
  }
  return Ok{};
}

// Its id, or 0 in the new process, which is the first of its PID namespace.
pid_t ForkIntoPidNamespace() {
  return static_cast<pid_t>(
      syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

}  // namespace

Result<std::unique_ptr<Mounter>> Mounter::Start(const DiskGeometry& geometry) {
  std::unique_ptr<Mounter> mounter(new Mounter());
  mounter->geometry_ = geometry;
  POWERCUT_TRY(mounter->Begin());
  return mounter;
}

Status Mounter::Begin() {
  POWERCUT_TRY(EnterMountNamespace());
  if (mount("powercut", kPlaceFolder, "tmpfs", 0, "size=64m") != 0) {
    return Missing(kPlaceFolder);
  }
  folders_ = true;
  if (mkdir(kShimFolder, 0700) != 0 || mkdir(kVolumeFolder, 0755) != 0) {
    return Missing(kPlaceFolder);
  }
  const auto [ours, theirs] = MessageSocketPair();
  socket_ = ours;
  std::fflush(nullptr);
  // Before the FUSE device is opened: it must not cross a fork, or it would
  // outlive its server.
  pid_ = ForkIntoPidNamespace();
  if (pid_ < 0) {
    pid_ = 0;
    close(theirs);
    return Missing("a PID namespace");
  }
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ours);
    RunMounter(theirs);
  }
  close(theirs);
  POWERCUT_ASSIGN(file_, FuseFile::Mount(kShimFolder, geometry_.size_bytes()));
  MounterRequest attach;
  attach.kind = MounterRequest::kAttach;
  attach.number = geometry_.sector_bytes;
  POWERCUT_ASSIGN(const std::string failure, Ask(attach));
  if (failure.empty()) return Ok{};
  return Error{ErrorCode::kMissing, "no loop device: " + failure};
}

Mounter::~Mounter() {
  End();
  if (folders_) umount2(kPlaceFolder, MNT_DETACH);
}

void Mounter::End() {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  if (file_ != nullptr) file_->set_disk(nullptr);
  // It may wait for the device, which must be gone first.
  file_.reset();
  if (pid_ == 0) return;
  int status = 0;
  // One that has ended is not killed by it.
  kill(pid_, SIGKILL);
  waitpid(std::exchange(pid_, 0), &status, 0);
  end_ = status;
}

Error Mounter::Gone() {
  End();
  const char* name =
      end_ && WIFSIGNALED(*end_) ? sigabbrev_np(WTERMSIG(*end_)) : nullptr;
  return {ErrorCode::kIo,
          fmt::format(
              "the process that mounts the disk is gone{}; run it again",
              name == nullptr ? "" : fmt::format(", killed by SIG{}", name))};
}

Result<std::string> Mounter::Ask(const MounterRequest& request) {
  std::string answer;
  if (end_ || !SendMessage(socket_, EncodeMounterRequest(request))) {
    return Gone();
  }
  pollfd ends[] = {{file_->fd(), POLLIN, 0}, {socket_, POLLIN, 0}};
  while (true) {
    if (poll(ends, 2, -1) < 0) continue;
    if (ends[0].revents != 0 && file_->Serve()) continue;
    const bool answered = ends[0].revents == 0 && ends[1].revents != 0;
    if (answered && ReceiveMessage(socket_, answer)) return answer;
    return Gone();
  }
}

}  // namespace powercut::kernel
