// Mounter: a virtual disk as a block device of the running kernel, and a
// process that mounts it; seen from the owner of the disk.
//
// The owner serves the device while it waits for the process, so that all that
// happens to the disk happens in the owner, one thing after another, in order
// with what the process was asked and answered.
//
// Everything lives in a mount namespace of the owner's and a PID namespace of
// the process's, and ends with the owner: its death closes the device, which
// ends every wait for it with an error, and ends the process with all that it
// started.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNTER_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNTER_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/kernel/fuse_file.h"
#include "backends/kernel/mounter_messages.h"
#include "harness/base/result.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::kernel {

class Mounter {
 public:
  // For disks of this geometry. The calling process must have no other threads.
  // Errors: kMissing: no right to do so, or no /dev/fuse, or no free loop
  // device.
  static Result<std::unique_ptr<Mounter>> Start(const DiskGeometry& geometry);
  Mounter(const Mounter&) = delete;
  Mounter& operator=(const Mounter&) = delete;
  // Ends the process and the device; waits for both.
  ~Mounter();

  const DiskGeometry& geometry() const { return geometry_; }

  // The disk that the device shows from now on, until the next call; null:
  // none. It must outlive its use here.
  // Requires: of this geometry.
  void set_disk(VirtualDisk* disk) {
    if (file_ != nullptr) file_->set_disk(disk);
  }

  // As FuseFile::set_text_sink().
  void set_text_sink(std::function<void(std::string_view)> sink) {
    if (file_ != nullptr) file_->set_text_sink(std::move(sink));
  }

  // What the process answers; the disk is served meanwhile.
  // Errors: kIo: the process is gone, and says how it ended; the device is gone
  // with it.
  Result<std::string> Ask(const MounterRequest& request);

  // How the process ended, as of waitpid(); nothing: it has not been missed.
  std::optional<int> end() const { return end_; }

 private:
  Mounter() = default;
  Status Begin();
  void End();
  Error Gone();

  DiskGeometry geometry_;
  pid_t pid_ = 0;
  int socket_ = -1;
  bool folders_ = false;
  std::optional<int> end_;
  std::unique_ptr<FuseFile> file_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNTER_H_
