// Mounter: a virtual disk as a block device of the running kernel, and a
// process that mounts the device. This class is the side of the process that
// owns the disk.
//
// The owner serves the device while it waits for the mounting process. Hence
// all that happens to the disk happens in the owner, one thing after another,
// in order with what the process was asked and answered, and no lock is needed.
//
// Everything lives in a mount namespace of the owner and a PID namespace of the
// process, and ends with the owner: when the owner dies, the FUSE device
// closes, which ends every wait for the disk with an error, and the process
// dies with all that it started.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNTER_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNTER_H_

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/kernel/disk_copy.h"
#include "backends/kernel/fuse_file.h"
#include "backends/kernel/mounter_messages.h"
#include "backends/kernel/volume_looker.h"
#include "harness/base/result.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::kernel {

class Mounter {
 public:
  // Starts the process and the device, for disks of this geometry.
  // Requires: the calling process has no other threads.
  // The environment variable POWERCUT_KERNEL_DISK says how recoveries reach
  // their disks: `served` means through this process, as everything else does,
  // `copied` means that it is an error if no disk can be copied.
  // Errors: kMissing if this process is not root, if there is no /dev/fuse or
  // no free loop device, if files as large as the disk are not allowed, or if
  // the variable has another value or cannot be followed; kIo if the process
  // died while it started.
  static Result<std::unique_ptr<Mounter>> Start(const DiskGeometry& geometry);
  Mounter(const Mounter&) = delete;
  Mounter& operator=(const Mounter&) = delete;
  // Ends the process and the device, and waits for both.
  ~Mounter();

  const DiskGeometry& geometry() const { return geometry_; }

  // Sets the disk that the device shows until the next call. With `nullptr` it
  // shows none, and reads and writes fail. The disk must outlive its use here.
  // Requires: the disk has the geometry of the mounter.
  void set_disk(VirtualDisk* disk);

  // Has a device ready for a mount of the disk, or for a program that reads it,
  // and puts its path into `request`. A disk that can be lent is copied, so
  // that the kernel needs no answers of this process; any other is served, and
  // so is every disk where none can be copied.
  void PrepareDevice(MounterRequest& request);

  // Sets what is called with the acks of programs, as FuseFile::set_text_sink()
  // does.
  void set_text_sink(std::function<void(std::string_view)> sink) {
    if (file_ != nullptr) file_->set_text_sink(std::move(sink));
  }

  // Sends a request and returns the answer of the process. The disk is served
  // meanwhile, for as long as the answer takes.
  // Errors: kIo if the process is gone (the message says which signal killed
  // it). The device is gone then, too, and every later call fails.
  Result<std::string> Ask(const MounterRequest& request);

  // Lists at most `entries_max` names of the mounted volume while the process
  // runs a program. May be called by the text sink; the disk is served
  // meanwhile. `std::nullopt` if a look is under way already, or if no process
  // can look.
  std::optional<VolumeLook> Look(size_t entries_max);

  // The exit status of the process (from waitpid). `std::nullopt` as long as
  // Ask() has not found the process gone.
  std::optional<int> end() const { return end_; }

 private:
  Mounter() = default;
  // Takes POWERCUT_KERNEL_DISK into account.
  Status ChooseWay();
  // Tells a lent disk what was done to its copy; see DiskCopy::Tell().
  void TellDisk(bool idle);
  // The same while the answer is awaited. A copy whose recovery makes too many
  // requests fails from then on.
  void TellOfLongRecovery();
  // Serves every disk from now on.
  void DropCopy();
  // Starts everything. What was started when it fails is ended by the
  // destructor.
  Status Begin();
  // Ends process and device, and keeps the exit status. May be called twice.
  void End();
  // Ends what is left and returns the error for a process that is gone.
  Error Gone();

  DiskGeometry geometry_;
  pid_t pid_ = 0;  // 0 if there is no process to reap
  int socket_ = -1;
  bool folders_ = false;  // whether kPlaceFolder is mounted
  std::optional<int> end_;
  std::unique_ptr<FuseFile> file_;
  // The copy of lent disks, made for the first of them. `copies_` is false if
  // this machine cannot have one.
  std::unique_ptr<DiskCopy> copy_;
  bool copies_ = true;
  // The disk, if it is a lent one that `copy_` follows.
  LentDisk* lent_ = nullptr;
  // Whether the copy was made to fail.
  bool broken_ = false;
  VirtualDisk* disk_ = nullptr;
  // Started by the first Look().
  std::unique_ptr<VolumeLooker> looker_;
  bool looking_ = false;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNTER_H_
