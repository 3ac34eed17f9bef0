// A new file is made without a name (O_TMPFILE) and linked into its folder when
// it is complete, so that a process that is killed leaves nothing behind. Where
// the file system cannot do that, the file is called `PATH.incomplete`
// meanwhile.

#include "harness/system/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace powercut {

namespace {

Error IoError(const std::string& path, std::string_view doing, int error) {
  return {ErrorCode::kIo, fmt::format("{}: {}: {}", path, doing,
                                      std::generic_category().message(error))};
}

// -1 if there cannot be one; errno says why.
int OpenWithoutName(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return open(folder.empty() ? "." : folder.c_str(),
              O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
}

// Of a file system, or a kernel, that knows no files without names.
bool MeansUnknown(int error) {
  return error == EOPNOTSUPP || error == EISDIR || error == EINVAL;
}

Status CheckReplaceable(const std::string& path) {
  using std::filesystem::file_type;
  std::error_code error;
  const file_type there = std::filesystem::status(path, error).type();
  if (there == file_type::directory) {
    return Error{ErrorCode::kIo, path + ": is a directory"};
  }
  if (there == file_type::not_found || there == file_type::regular ||
      there == file_type::none) {
    return Ok{};
  }
  // As root it would take the place of a device.
  return Error{ErrorCode::kIo, path + ": not a regular file; name one"};
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

NewFile::NewFile(const std::string& path)
    : path_(path), incomplete_(path + ".incomplete") {}

NewFile::~NewFile() {
  if (fd_ >= 0) close(fd_);
  if (named_) unlink(incomplete_.c_str());
}

Result<std::unique_ptr<NewFile>> NewFile::Create(const std::string& path) {
  POWERCUT_TRY(CheckReplaceable(path));
  std::unique_ptr<NewFile> file(new NewFile(path));
  const char* const incomplete = file->incomplete_.c_str();
  if (unlink(incomplete) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return IoError(file->incomplete_, "cannot remove", errno);
  }
  file->fd_ = OpenWithoutName(path);
  if (file->fd_ < 0 && MeansUnknown(errno)) {
    file->fd_ = open(incomplete, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    file->named_ = file->fd_ >= 0;
  }
  if (file->fd_ < 0) return IoError(path, "cannot create", errno);
  return file;
}

Status NewFile::GiveName() {
  const std::string self = fmt::format("/proc/self/fd/{}", fd_);
  const auto link_to = [&](const std::string& name) {
    return linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(),
                  AT_SYMLINK_FOLLOW) == 0;
  };
  if (!named_ && link_to(path_)) return Ok{};
  // A link replaces nothing.
  if (!named_ && errno == EEXIST) named_ = link_to(incomplete_);
  if (!named_) return IoError(path_, "cannot give the file its name", errno);
  if (rename(incomplete_.c_str(), path_.c_str()) != 0) {
    return IoError(path_, "cannot rename into place", errno);
  }
  named_ = false;
  return Ok{};
}

Status NewFile::Commit() {
  if (fsync(fd_) != 0) return IoError(path_, "cannot sync", errno);
  POWERCUT_TRY(GiveName());
  if (close(std::exchange(fd_, -1)) != 0) {
    return IoError(path_, "cannot close", errno);
  }
  return Ok{};
}

Status CheckNewFile(const std::string& path) {
  POWERCUT_TRY(CheckReplaceable(path));
  std::error_code error;
  if (std::filesystem::is_directory(path + ".incomplete", error)) {
    return Error{ErrorCode::kIo, path + ".incomplete: is a directory"};
  }
  const int fd = OpenWithoutName(path);
  if (fd >= 0) {
    close(fd);
    return Ok{};
  }
  if (!MeansUnknown(errno)) {
    return Error{ErrorCode::kIo,
                 path + ": " + std::generic_category().message(errno)};
  }
  const auto file = NewFile::Create(path);
  return file ? Status(Ok{}) : file.error();
}

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
