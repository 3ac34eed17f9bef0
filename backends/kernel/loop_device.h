// LoopDevice: a block device on a file.

#ifndef POWERCUT_BACKENDS_KERNEL_LOOP_DEVICE_H_
#define POWERCUT_BACKENDS_KERNEL_LOOP_DEVICE_H_

#include <cstdint>
#include <string>

namespace powercut::kernel {

class LoopDevice {
 public:
  LoopDevice() = default;
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  // The kernel frees the device once nobody has it open.
  ~LoopDevice();

  // Takes a free device for the file, past the page cache, without reading
  // ahead. Empty, or why not.
  std::string Attach(const std::string& file, uint32_t sector_bytes);
  const std::string& path() const { return path_; }

  // Drops what the kernel has cached of it. A device that stays open between
  // mounts keeps stale pages. Empty, or why not.
  std::string Invalidate();

 private:
  int fd_ = -1;
  std::string path_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_LOOP_DEVICE_H_
