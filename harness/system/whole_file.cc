#include "harness/system/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

#include "harness/system/new_file.h"

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

 private:
  const int fd_;
};

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
  POWERCUT_ASSIGN(const auto file, NewFile::Create(path));
  while (!bytes.empty()) {
    const ssize_t count = ::write(file->fd(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return IoError(path, "cannot write", errno);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return file->Commit();
}

}  // namespace powercut
