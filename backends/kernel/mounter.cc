// Starts, asks and ends the process that mounts.
//
// Starting, in this order: this process enters a mount namespace of its own and
// makes its folders there; it forks the mounter as the first process of a new
// PID namespace; it mounts the FUSE file; the mounter attaches a loop device to
// the file. Ending closes the FUSE file first, which ends every wait for the
// device with an error, so that the mounter can then be killed and reaped.
//
// Asking: send the request, and then wait by poll() for requests of the FUSE
// file and for the answer. The requests go first, so that a write that reached
// the file before the answer is on the disk before Ask() returns.
//
// Example: the mounter is asked for an fsync, and its fsync() makes the kernel
// send two writes and a flush to the loop device. They arrive here as three
// requests of the FUSE file. When all three are served, the fsync() returns in
// the mounter, and the answer arrives.

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
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/kernel/inner_process.h"
#include "backends/kernel/mounter_process.h"
#include "harness/base/shortage.h"
#include "harness/system/message_socket.h"
#include "harness/system/process_setup.h"
#include "harness/system/stopped_child.h"

namespace powercut::kernel {
namespace {

// Chooses how recoveries reach their disks: `served` or `copied`.
constexpr const char* kDiskVariable = "POWERCUT_KERNEL_DISK";

constexpr const char* kRemedy = "; kernel file systems take root";

}  // namespace

Result<std::unique_ptr<Mounter>> Mounter::Start(const DiskGeometry& geometry) {
  std::unique_ptr<Mounter> mounter(new Mounter());
  mounter->geometry_ = geometry;
  POWERCUT_TRY(mounter->Begin());
  return mounter;
}

Status Mounter::Begin() {
  // A program in the volume has this limit, too, and its EFBIG would look like
  // a failure of the storage.
  POWERCUT_TRY(CheckFileSizeLimit(geometry_.size_bytes()));
  POWERCUT_TRY(EnterMountNamespace(/*shim_mode=*/0700, kRemedy));
  folders_ = true;
  // The fork comes before the FUSE device is opened. A descriptor of it that
  // crosses a fork would keep the device alive after its server has died.
  POWERCUT_ASSIGN(const InnerProcess process,
                  StartInnerProcess(RunMounter, kRemedy));
  pid_ = process.pid;
  socket_ = process.socket;
  POWERCUT_TRY(ChooseWay());
  POWERCUT_ASSIGN(file_, FuseFile::Mount(kShimFolder, geometry_.size_bytes()));
  MounterRequest attach;
  attach.kind = MounterRequest::kAttach;
  attach.number = geometry_.sector_bytes;
  POWERCUT_ASSIGN(const std::string failure, Ask(attach));
  if (failure.empty()) return Ok{};
  return Error{ErrorCode::kMissing, "no loop device: " + failure};
}

Status Mounter::ChooseWay() {
  const char* const set = std::getenv(kDiskVariable);
  const std::string_view way = set == nullptr ? "" : set;
  if (way.empty()) return Ok{};
  if (way == "served") {
    copies_ = false;
    return Ok{};
  }
  if (way != "copied") {
    return Error{ErrorCode::kMissing,
                 fmt::format("{}: `{}` is neither `served` nor `copied`",
                             kDiskVariable, way)};
  }
  POWERCUT_ASSIGN(copy_, DiskCopy::Make(geometry_));
  return Ok{};
}

Mounter::~Mounter() {
  End();
  if (folders_) umount2(kPlaceFolder, MNT_DETACH);
}

void Mounter::End() {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
  if (file_ != nullptr) file_->set_disk(nullptr);
  // The process may be waiting for the device, which therefore ends first.
  file_.reset();
  looker_.reset();
  if (pid_ == 0) return;
  int status = 0;
  // The signal has no effect on a process that has ended: its status is its
  // own.
  kill(pid_, SIGKILL);
  waitpid(std::exchange(pid_, 0), &status, 0);
  end_ = status;
  // What the process did until its death counts.
  TellDisk(false);
}

void Mounter::set_disk(VirtualDisk* disk) {
  disk_ = disk;
  lent_ = nullptr;
  if (file_ != nullptr) file_->set_disk(disk);
}

void Mounter::PrepareDevice(MounterRequest& request) {
  if (broken_) DropCopy();
  lent_ = nullptr;
  LentDisk* const lent = disk_ != nullptr ? disk_->Lend() : nullptr;
  if (lent == nullptr || !copies_) return;
  if (copy_ == nullptr) {
    auto made = DiskCopy::Make(geometry_);
    if (made) copy_ = std::move(*made);
  }
  if (copy_ == nullptr) {
    copies_ = false;
    return;
  }
  if (copy_->Follow(*lent)) {
    lent_ = lent;
    request.device = copy_->path();
    return;
  }
  // An earlier mount of the same recovery may have written to the copy.
  lent->TellLost();
  DropCopy();
}

void Mounter::DropCopy() {
  copies_ = false;
  broken_ = false;
  lent_ = nullptr;
  copy_.reset();
}

void Mounter::TellDisk(bool idle) {
  if (lent_ != nullptr) copy_->Tell(*lent_, idle);
}

void Mounter::TellOfLongRecovery() {
  if (lent_ == nullptr || broken_) return;
  TellDisk(false);
  broken_ = lent_->IsExhausted();
  if (broken_) copy_->Break(*lent_);
}

Error Mounter::Gone() {
  End();
  return GoneError("the process that mounts the disk", end_);
}

Result<std::string> Mounter::Ask(const MounterRequest& request) {
  std::string answer;
  if (end_ || !SendMessage(socket_, EncodeMounterRequest(request))) {
    return Gone();
  }
  std::vector<pollfd> ends = {{file_->fd(), POLLIN, 0}, {socket_, POLLIN, 0}};
  if (lent_ != nullptr) {
    for (const int fd : copy_->fds()) ends.push_back({fd, POLLIN, 0});
  }
  // Now and then a look is taken at the process: if somebody stopped it, it
  // would never answer.
  constexpr int kPauseMs = 500;
  while (true) {
    const int ready = poll(ends.data(), ends.size(), kPauseMs);
    if (ready == 0) ContinueIfStopped(pid_);
    if (ready < 0) continue;
    // The processor of a trace may be gone, which is told for ever.
    for (size_t i = 2; i < ends.size(); ++i) {
      if ((ends[i].revents & (POLLERR | POLLHUP)) != 0) ends[i].fd = -1;
    }
    // The requests of the file come first, since the answer may depend on them.
    if (ends[0].revents != 0) {
      if (file_->Serve()) continue;
      return Gone();
    }
    if (ends[1].revents == 0) {
      // A buffer is half full, or the recovery takes long.
      TellOfLongRecovery();
      continue;
    }
    if (!ReceiveMessage(socket_, answer)) return Gone();
    // After these the volume is not mounted.
    TellDisk(request.kind == MounterRequest::kUnmount ||
             request.kind == MounterRequest::kRunOnDevice ||
             (request.kind == MounterRequest::kMount && !answer.empty()));
    return answer;
  }
}

std::optional<VolumeLook> Mounter::Look(size_t entries_max) {
  // The sink of a request that is served below comes here, too.
  if (looking_) return std::nullopt;
  if (looker_ == nullptr) {
    const int descriptors[] = {file_->fd(), socket_};
    looker_ = VolumeLooker::Start(descriptors);
  }
  if (looker_ == nullptr || !looker_->Ask(entries_max)) return std::nullopt;
  looking_ = true;
  std::optional<VolumeLook> seen;
  pollfd ends[] = {{file_->fd(), POLLIN, 0}, {looker_->fd(), POLLIN, 0}};
  while (true) {
    if (poll(ends, 2, -1) < 0) continue;
    // The process that looks may wait for what is served here.
    if (ends[0].revents != 0 && file_->Serve()) continue;
    if (ends[1].revents != 0) seen = looker_->Take();
    break;
  }
  looking_ = false;
  return seen;
}

}  // namespace powercut::kernel
