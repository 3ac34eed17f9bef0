// SPDX-License-Identifier: GPL-2.0-or-later

#include "backends/ntfs_3g/mkntfs.h"

#include <errno.h>
#include <fmt/format.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace powercut {
namespace {

// Descriptors of the child: what it formats, and beside it the standard ones.
constexpr int kChildImage = 3;

class MemoryFile {
 public:
  MemoryFile(const char* name, uint64_t size_bytes)
      : descriptor_(memfd_create(name, MFD_CLOEXEC)) {
    ok_ = descriptor_ >= 0 &&
          ftruncate(descriptor_, static_cast<off_t>(size_bytes)) == 0;
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  bool ok() const { return ok_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool ok_ = false;
};

Error IoError(std::string_view what, int error) {
  return Error{ErrorCode::kIo,
               fmt::format("mkntfs: {}: {}", what, strerrordesc_np(error))};
}

// The last line that mkntfs printed.
std::string LastLine(const MemoryFile& output) {
  std::array<char, 4096> buffer{};
  const off_t size = lseek(output.descriptor(), 0, SEEK_END);
  const off_t start = std::max<off_t>(0, size - off_t{buffer.size()});
  const ssize_t got =
      pread(output.descriptor(), buffer.data(), buffer.size(), start);
  std::string_view text(buffer.data(), got > 0 ? static_cast<size_t>(got) : 0);
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) {
    text.remove_suffix(1);
  }
  const size_t line_end = text.rfind('\n');
  if (line_end != text.npos) text.remove_prefix(line_end + 1);
  return std::string(text);
}

Status Spawn(const std::string& program, uint32_t sector_bytes,
             const MemoryFile& image, const MemoryFile& output) {
  // -T: no time, serial number or id of its own, so that the bytes repeat.
  // -p -H -S: else asked of the device, which is a file.
  std::array<std::string, 16> arguments = {
      "mkntfs",
      "-F",
      "-Q",
      "-q",
      "-T",
      "-s",
      fmt::format("{}", sector_bytes),
      "-c",
      "4096",
      "-p",
      "0",
      "-H",
      "0",
      "-S",
      "0",
      fmt::format("/proc/self/fd/{}", kChildImage)};
  std::array<char*, arguments.size() + 1> argv{};
  std::transform(arguments.begin(), arguments.end(), argv.begin(),
                 [](std::string& argument) { return argument.data(); });
  std::string locale = "LC_ALL=C";
  std::array<char*, 2> environment = {locale.data(), nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Output first: its descriptor may be kChildImage.
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), 1);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), 2);
  posix_spawn_file_actions_adddup2(&actions, image.descriptor(), kChildImage);
  pid_t child = 0;
  const int spawn_error = posix_spawn(&child, program.c_str(), &actions,
                                      nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (spawn_error != 0) return IoError("cannot be started", spawn_error);

  int state = 0;
  while (waitpid(child, &state, 0) < 0) {
    if (errno != EINTR) return IoError("cannot be waited for", errno);
  }
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return Ok{};
  return Error{ErrorCode::kBadInput,
               fmt::format("mkntfs: {}", LastLine(output))};
}

Result<SparseImage> ReadSparsely(const MemoryFile& file, uint64_t size_bytes) {
  SparseImage image(size_bytes);
  Bytes buffer(size_t{64} * 1024);
  const int descriptor = file.descriptor();
  off_t data = lseek(descriptor, 0, SEEK_DATA);
  while (data >= 0) {
    const off_t hole = lseek(descriptor, data, SEEK_HOLE);
    if (hole < 0) return IoError("cannot read what it wrote", errno);
    const uint64_t end = std::min(static_cast<uint64_t>(hole), size_bytes);
    for (uint64_t offset = static_cast<uint64_t>(data); offset < end;) {
      const size_t wanted = std::min<uint64_t>(buffer.size(), end - offset);
      const ssize_t got =
          pread(descriptor, buffer.data(), wanted, static_cast<off_t>(offset));
      if (got <= 0) return IoError("cannot read what it wrote", errno);
      const ByteSpan read(buffer.data(), static_cast<size_t>(got));
      if (!AllZero(read)) image.Write(offset, read);
      offset += read.size();
    }
    data = lseek(descriptor, hole, SEEK_DATA);
  }
  if (errno != ENXIO) return IoError("cannot read what it wrote", errno);
  return image;
}

}  // namespace

std::string FindMkntfs() {
  const char* path = getenv("PATH");
  // Users' paths often lack the directories of the administrator.
  std::string folders =
      fmt::format("{}:/usr/sbin:/sbin", path != nullptr ? path : "");
  size_t begin = 0;
  while (begin < folders.size()) {
    const size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string candidate =
        folders.substr(begin, end - begin) + "/mkntfs";
    if (end > begin && access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

Result<SparseImage> RunMkntfs(const DiskGeometry& geometry) {
  const std::string program = FindMkntfs();
  if (program.empty()) {
    return Error{ErrorCode::kMissing,
                 "the program mkntfs is missing: install the package ntfs-3g"};
  }
  const MemoryFile image("powercut-ntfs", geometry.size_bytes());
  const MemoryFile output("powercut-mkntfs-output", 0);
  if (!image.ok() || !output.ok()) {
    return IoError("no memory for the disk", errno);
  }
  POWERCUT_TRY(Spawn(program, geometry.sector_bytes, image, output));
  return ReadSparsely(image, geometry.size_bytes());
}

}  // namespace powercut
