// Reads files by their data and holes, so that a large file that is mostly
// holes costs no more than what is in it.

#include "harness/disk/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "harness/base/limits.h"

namespace powercut {
namespace {

// Reads the bytes from `offset` to `end`. Returns as ReadSparsely() does.
std::string ReadRange(int fd, uint64_t offset, uint64_t end,
                      SparseImage& image) {
  Bytes buffer(size_t{64} * 1024);
  while (offset < end) {
    const size_t wanted = std::min<uint64_t>(buffer.size(), end - offset);
    const ssize_t got =
        pread(fd, buffer.data(), wanted, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return strerrordesc_np(errno);
    if (got == 0) return "it became shorter while it was read";
    const ByteSpan read(buffer.data(), static_cast<size_t>(got));
    if (!AllZero(read)) image.Write(offset, read);
    offset += read.size();
  }
  return {};
}

}  // namespace

std::string ReadSparsely(int fd, uint64_t size_bytes, SparseImage& image) {
  off_t data = lseek(fd, 0, SEEK_DATA);
  // A file system or a device need not know its holes.
  if (data < 0 && errno == EINVAL) return ReadRange(fd, 0, size_bytes, image);
  while (data >= 0 && static_cast<uint64_t>(data) < size_bytes) {
    const off_t hole = lseek(fd, data, SEEK_HOLE);
    if (hole < 0) return strerrordesc_np(errno);
    const uint64_t end = std::min(static_cast<uint64_t>(hole), size_bytes);
    std::string failure =
        ReadRange(fd, static_cast<uint64_t>(data), end, image);
    if (!failure.empty()) return failure;
    data = lseek(fd, hole, SEEK_DATA);
  }
  // ENXIO: no data follows, so that the whole file was read.
  return data >= 0 || errno == ENXIO ? "" : strerrordesc_np(errno);
}

Result<SparseImage> ReadImageFile(const std::string& path,
                                  std::optional<uint64_t> disk_bytes) {
  const auto failed = [&](ErrorCode code, std::string_view reason) {
    return Error{code, fmt::format("{}: {}", path, reason)};
  };
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return failed(ErrorCode::kIo, strerrordesc_np(errno));
  struct stat status{};
  const bool disk = fstat(fd, &status) == 0 &&
                    (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
  // A block device says its size in no other way.
  const off_t end = disk ? lseek(fd, 0, SEEK_END) : 0;
  const uint64_t file_bytes = end < 0 ? 0 : static_cast<uint64_t>(end);
  std::string problem;
  if (file_bytes == 0) {
    problem =
        "the image of a disk is a regular file or a block device, and not "
        "empty";
  } else if (file_bytes > kDiskBytesMax) {
    problem = "a disk has at most 2048G";
  } else if (disk_bytes && *disk_bytes < file_bytes) {
    problem = fmt::format("the image has {} bytes, and --size says {}",
                          file_bytes, *disk_bytes);
  }
  if (!problem.empty()) {
    close(fd);
    return failed(ErrorCode::kUsage, problem);
  }
  SparseImage image(disk_bytes.value_or(file_bytes));
  const std::string failure = ReadSparsely(fd, file_bytes, image);
  close(fd);
  if (!failure.empty()) return failed(ErrorCode::kIo, failure);
  return image;
}

}  // namespace powercut
