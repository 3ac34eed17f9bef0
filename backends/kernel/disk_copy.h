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
#include "harness/base/result.h"
#include "harness/disk/image_changes.h"
#include "harness/disk/lent_disk.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::kernel {

// Not thread-safe.
class DiskCopy {
 public:
  // A larger image is not copied: each worker copies it once, which would take
  // longer than serving it.
  static constexpr uint64_t kImageBytesMax = uint64_t{256} << 20;

  // Errors: kMissing if this machine cannot do it: it has no free loop device,
  // or its kernel cannot trace requests.
  static Result<std::unique_ptr<DiskCopy>> Make(const DiskGeometry& geometry);
  DiskCopy(const DiskCopy&) = delete;
  DiskCopy& operator=(const DiskCopy&) = delete;
  ~DiskCopy();

  // The path of the block device.
  const std::string& path() const { return loop_.path(); }
  std::span<const int> fds() const { return trace_->fds(); }

  // Makes the copy equal to the disk's image, but for what was written to it
  // since the disk was last reset, and drops what the kernel has cached of it.
  // To be called before each mount. O(what changed since the last call), or
  // O(image) for another image. Returns false if the copy cannot be used any
  // more: there is no memory for it, somebody still uses the device, or it was
  // written or requests of it were lost since the last Tell().
  bool Follow(LentDisk& disk);

  // Tells the disk what was done up to now, and TellLost() if that may not be
  // all. It is certain to be all only after a call with `idle`, which requires
  // that nothing is under way on the device, such as after an unmount.
  void Tell(LentDisk& disk, bool idle);

  // Lets further requests of the device fail, and tells TellLost(). Follow()
  // must not be called after that.
  void Break(LentDisk& disk);

 private:
  explicit DiskCopy(const DiskGeometry& geometry) : geometry_(geometry) {}
  bool CopyRange(const SparseImage& image, uint64_t offset_bytes,
                 uint64_t end_bytes);
  bool CopyPages(const SparseImage& image, std::vector<uint64_t> pages);
  bool CopyAll(const SparseImage& image);
  void TellOne(LentDisk& disk, const DeviceRequest& did) const;

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
