#include "harness/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>
#include <utility>

namespace powercut {
namespace {

Error IoError(const std::string& path, std::string_view doing, int error) {
  return {ErrorCode::kIo, fmt::format("{}: {}: {}", path, doing,
                                      std::generic_category().message(error))};
}

// Closes what it holds.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  bool Close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

// Writes, syncs and closes a new file; the caller removes it on an error.
Status WriteNewFile(const std::string& path, ByteSpan bytes) {
  FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return IoError(path, "cannot create", errno);
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError(path, "cannot write", errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  if (::fsync(file.get()) != 0) return IoError(path, "cannot sync", errno);
  if (!file.Close()) return IoError(path, "cannot close", errno);
  return Ok{};
}

}  // namespace

Result<Bytes> ReadWholeFile(const std::string& path) {
  // O_NONBLOCK: opening a pipe that nobody writes must not hang.
  const FileDescriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    return IoError(path, "cannot open", errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kBadInput,
                 path + ": not a regular file; copy a device to one first"};
  }
  Bytes bytes(static_cast<size_t>(status.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError(path, "cannot read", errno);
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

Status WriteWholeFile(const std::string& path, ByteSpan bytes) {
  const std::string incomplete = path + ".incomplete";
  // What an earlier run left behind; a link there is not followed.
  if (::unlink(incomplete.c_str()) != 0 && errno != ENOENT) {
    return IoError(incomplete, "cannot remove", errno);
  }
  Status written = WriteNewFile(incomplete, bytes);
  if (written && ::rename(incomplete.c_str(), path.c_str()) != 0) {
    written = IoError(path, "cannot rename into place", errno);
  }
  if (!written) ::unlink(incomplete.c_str());
  return written;
}

}  // namespace powercut
