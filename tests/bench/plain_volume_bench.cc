// Measures bare mounts in a forked process, which enters a mount namespace of
// its own. The loop device has a file in memory, and nothing of powercut serves
// it. It is kept from one image to the next, and only the pages that differ are
// written to its file, both outside of the time that is measured.

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "backends/kernel/mount_options.h"
#include "harness/base/check.h"
#include "tests/bench/figures.h"
#include "tests/bench/plain_volume.h"

namespace powercut {
namespace {

constexpr const char* kFolder = "/mnt";

// Takes a free loop device for the file. Returns its path; `fd` keeps it.
std::string AttachPlain(int backing, uint32_t sector_bytes, int& fd) {
  const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  POWERCUT_CHECK(control >= 0);
  loop_config config{};
  config.fd = static_cast<uint32_t>(backing);
  config.block_size = sector_bytes;
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  std::string path;
  for (int i = 0; i < 64; ++i) {
    path = fmt::format("/dev/loop{}", ioctl(control, LOOP_CTL_GET_FREE));
    fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config) == 0) break;
    if (fd >= 0) close(fd);
    fd = -1;
  }
  POWERCUT_CHECK(fd >= 0);
  close(control);
  return path;
}

// Reads all there is. Returns the bytes, so that no read is left out.
uint64_t WalkPlain(const char* folder) {
  uint64_t bytes = 0;
  std::vector<char> buffer(size_t{256} << 10);
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(folder, error), end;
       at != end; at.increment(error)) {
    struct stat attributes{};
    const char* path = at->path().c_str();
    POWERCUT_CHECK(lstat(path, &attributes) == 0);
    if (!S_ISREG(attributes.st_mode)) continue;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    POWERCUT_CHECK(fd >= 0);
    for (ssize_t got = 1; got > 0; bytes += static_cast<uint64_t>(got)) {
      got = read(fd, buffer.data(), buffer.size());
      POWERCUT_CHECK(got >= 0);
    }
    close(fd);
  }
  return bytes;
}

// Makes the file equal to the image: pages that a recovery changed go back,
// too.
void Place(const SparseImage& image, std::byte* bytes) {
  uint64_t done = 0;
  const auto zero_to = [&](uint64_t end) {
    constexpr uint64_t kPageBytes = 4096;
    static const Bytes kZeros(kPageBytes);
    for (; done < end; done += kPageBytes) {
      const uint64_t count = std::min(kPageBytes, end - done);
      if (std::memcmp(bytes + done, kZeros.data(), count) != 0) {
        std::memset(bytes + done, 0, count);
      }
    }
  };
  image.ForEachPage([&](uint64_t offset, ByteSpan page) {
    zero_to(offset);
    if (std::memcmp(bytes + offset, page.data(), page.size()) != 0) {
      std::memcpy(bytes + offset, page.data(), page.size());
    }
    done = offset + page.size();
  });
  zero_to(image.size_bytes());
}

double Measure(const std::string& type, const std::string& options,
               uint64_t size_bytes, uint32_t sector_bytes, bool read_ahead,
               const ImageSource& source) {
  POWERCUT_CHECK(unshare(CLONE_NEWNS) == 0);
  POWERCUT_CHECK(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) ==
                 0);
  const int backing = memfd_create("plain", MFD_CLOEXEC);
  POWERCUT_CHECK(backing >= 0);
  POWERCUT_CHECK(ftruncate(backing, static_cast<off_t>(size_bytes)) == 0);
  auto* const bytes = static_cast<std::byte*>(mmap(
      nullptr, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, backing, 0));
  POWERCUT_CHECK(bytes != MAP_FAILED);
  int device = -1;
  const std::string path = AttachPlain(backing, sector_bytes, device);
  POWERCUT_CHECK(read_ahead || ioctl(device, BLKRASET, 0UL) == 0);
  const auto parsed = kernel::ParseMountOptions(options);
  POWERCUT_CHECK(parsed.has_value());
  double seconds = 0;
  source([&](const SparseImage& image) {
    Place(image, bytes);
    POWERCUT_CHECK(ioctl(device, BLKFLSBUF, 0UL) == 0);
    const double begin = Seconds();
    POWERCUT_CHECK(mount(path.c_str(), kFolder, type.c_str(), parsed->flags,
                         parsed->data.c_str()) == 0);
    WalkPlain(kFolder);
    POWERCUT_CHECK(umount2(kFolder, 0) == 0);
    seconds += Seconds() - begin;
  });
  return seconds;
}

}  // namespace

double SecondsOfPlainVolumes(const std::string& type,
                             const std::string& options, uint64_t size_bytes,
                             uint32_t sector_bytes, bool read_ahead,
                             const ImageSource& source) {
  int ends[2];
  POWERCUT_CHECK(pipe2(ends, O_CLOEXEC) == 0);
  std::fflush(nullptr);
  const pid_t process = fork();
  POWERCUT_CHECK(process >= 0);
  if (process == 0) {
    const double seconds =
        Measure(type, options, size_bytes, sector_bytes, read_ahead, source);
    POWERCUT_CHECK(write(ends[1], &seconds, sizeof(seconds)) ==
                   sizeof(seconds));
    _exit(0);
  }
  close(ends[1]);
  double seconds = 0;
  const ssize_t got = read(ends[0], &seconds, sizeof(seconds));
  close(ends[0]);
  int status = 0;
  POWERCUT_CHECK(waitpid(process, &status, 0) == process);
  POWERCUT_CHECK(status == 0 && got == sizeof(seconds));
  return seconds;
}

}  // namespace powercut
