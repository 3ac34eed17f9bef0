// DiskCopy: a copy of a lent disk in memory, below a loop device of its own.
// The kernel reads and writes the copy by itself; what it did is told to the
// disk afterwards.

#ifndef POWERCUT_BACKENDS_KERNEL_DISK_COPY_H_
#define POWERCUT_BACKENDS_KERNEL_DISK_COPY_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/kernel/loop_device.h"
#include "backends/kernel/request_trace.h"
#include "harness/base/bytes.h"
#include "harness/disk/image_changes.h"
#include "harness/disk/lent_disk.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::kernel {

// Not thread-safe.
class DiskCopy {
 public:
  // Returns `nullptr` if this machine cannot do it: it has no free loop device,
  // or its kernel cannot trace requests.
  static std::unique_ptr<DiskCopy> Make(const DiskGeometry& geometry);
  DiskCopy(const DiskCopy&) = delete;
  DiskCopy& operator=(const DiskCopy&) = delete;
  ~DiskCopy();

  // The path of the block device.
  const std::string& path() const { return loop_.path(); }
  std::span<const int> fds() const { return trace_->fds(); }

  // Makes the copy equal to the disk's image, but for what was written to it
  // since the disk was last reset, and drops what the kernel has cached of it.
  // To be called before each mount. O(what changed since the last call), or
  // O(image) for another image. Returns why that failed; empty if it did not.
  // Requires: the device is not mounted.
  std::string Follow(LentDisk& disk);

  // Tells the disk what was done up to now; see RequestTrace::Take().
  void Tell(LentDisk& disk, uint64_t hold_back_ns);

 private:
  explicit DiskCopy(const DiskGeometry& geometry) : geometry_(geometry) {}
  bool CopyRange(const SparseImage& image, uint64_t offset_bytes,
                 uint64_t end_bytes);
  bool CopyPages(const SparseImage& image, std::vector<uint64_t> pages);
  bool CopyAll(const SparseImage& image);

  const DiskGeometry geometry_;
  int fd_ = -1;
  LoopDevice loop_;
  std::unique_ptr<RequestTrace> trace_;
  // Where the image that the copy follows notes its changes. Each image gets an
  // object of its own, so that the copy is never taken for one of an older
  // image.
  std::shared_ptr<ImageChanges> changes_;
  Bytes scratch_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_DISK_COPY_H_
