// Finds and configures a loop device. The device reads nothing ahead, and frees
// itself when the last descriptor closes.

#include "backends/kernel/loop_device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "harness/base/shortage.h"

namespace powercut::kernel {
namespace {

// How often a free device is tried. Another process may take it between the
// moment in which its number is given out and the moment in which it is
// configured.
constexpr int kTriesMax = 64;

std::string Failure(std::string_view what) {
  return fmt::format("{}: {}{}", what, strerrordesc_np(errno),
                     RemedyForShortage(errno));
}

// Opens a free device. Returns a descriptor; or -1, and `path` is what failed.
int OpenFree(int control, std::string& path) {
  path = "/dev/loop-control: no free device";
  const int number = ioctl(control, LOOP_CTL_GET_FREE);
  if (number < 0) return -1;
  path = fmt::format("/dev/loop{}", number);
  return open(path.c_str(), O_RDWR | O_CLOEXEC);
}

}  // namespace

LoopDevice::~LoopDevice() {
  if (fd_ >= 0) close(fd_);
}

std::string LoopDevice::Attach(const std::string& file, uint32_t sector_bytes,
                               Access access) {
  const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) return Failure("/dev/loop-control");
  const int backing = open(
      file.c_str(), O_RDWR | O_CLOEXEC | (access == kDirect ? O_DIRECT : 0));
  std::string failure = backing < 0 ? Failure(file) : "";
  for (int i = 0; backing >= 0 && i < kTriesMax && fd_ < 0; ++i) {
    fd_ = OpenFree(control, path_);
    if (fd_ < 0) {
      failure = Failure(path_);
      continue;
    }
    loop_config config{};
    config.fd = static_cast<uint32_t>(backing);
    config.block_size = sector_bytes;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (access == kDirect) config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
    if (ioctl(fd_, LOOP_CONFIGURE, &config) == 0) {
      failure.clear();
      break;
    }
    failure = Failure(path_);
    close(fd_);
    fd_ = -1;
  }
  if (backing >= 0) close(backing);
  close(control);
  if (failure.empty() && ioctl(fd_, BLKRASET, 0UL) != 0) {
    failure = Failure("read-ahead");
  }
  return failure;
}

std::optional<uint64_t> LoopDevice::CachedPages() const {
  // cachestat(2) of Linux 6.5, which this C library does not know.
  constexpr long kCacheStat = 451;
  const uint64_t all[2] = {0, 0};  // offset and length; 0 means to the end
  uint64_t counts[5] = {};         // the pages in the cache come first
  if (syscall(kCacheStat, fd_, all, counts, 0) != 0) return std::nullopt;
  return counts[0];
}

std::string LoopDevice::Invalidate() {
  // A page that the kernel has taken aside for a moment, to move it in memory,
  // stays.
  constexpr int kTries = 1000;
  constexpr useconds_t kPauseUs = 1000;
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) usleep(kPauseUs);
    if (ioctl(fd_, BLKFLSBUF, 0UL) != 0) return Failure(path_);
    if (CachedPages().value_or(0) == 0) return "";
  }
  return path_ + ": pages of the device stay in the cache";
}

void LoopDevice::Shrink() {
  loop_info64 info{};
  // What cannot be shrunk is ended by the bound on time.
  if (ioctl(fd_, LOOP_GET_STATUS64, &info) != 0) return;
  info.lo_sizelimit = 512;
  ioctl(fd_, LOOP_SET_STATUS64, &info);
}

bool LoopDevice::IsFree() const {
  const int fd = open(path_.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

}  // namespace powercut::kernel
