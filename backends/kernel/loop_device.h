// LoopDevice: a block device of the kernel on a file.

#ifndef POWERCUT_BACKENDS_KERNEL_LOOP_DEVICE_H_
#define POWERCUT_BACKENDS_KERNEL_LOOP_DEVICE_H_

#include <cstdint>
#include <optional>
#include <string>

namespace powercut::kernel {

class LoopDevice {
 public:
  LoopDevice() = default;
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  // Closes the device. The kernel frees it once no process has it open.
  ~LoopDevice();

  // Whether the device goes to its file around the page cache or through it.
  enum Access : uint8_t { kDirect, kCached };

  // Takes a free device for the file, without read-ahead.
  // Waits for the file. Returns why that failed; empty if it did not.
  // Requires: it has not been called before.
  std::string Attach(const std::string& file, uint32_t sector_bytes,
                     Access access);
  // The path of the device, such as /dev/loop0.
  const std::string& path() const { return path_; }

  // Drops what the kernel has cached of the device: a device that stays open
  // between mounts keeps stale pages. Sees to it that no page is left, where
  // CountsPages(). Returns why that failed; empty if it did not.
  std::string Invalidate();
  // Whether this kernel says how many pages of a device it has cached.
  bool CountsPages() const { return CachedPages().has_value(); }
  // Makes the device one sector large. Every later request beyond that fails,
  // of a mounted file system, too.
  void Shrink();
  // Whether nobody has mounted the device or holds it in another way.
  bool IsFree() const;

 private:
  std::optional<uint64_t> CachedPages() const;

  int fd_ = -1;
  std::string path_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_LOOP_DEVICE_H_
