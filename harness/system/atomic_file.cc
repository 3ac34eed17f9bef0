// New files on Linux: O_TMPFILE makes a file that has no name, so that the
// kernel removes it with the process, and linkat() gives it its name.
//
// linkat() replaces no file. If the name is taken, the new file is linked at
// `PATH.incomplete` and renamed over the old one. Which names exist then:
//
//   state                      `out` is free          `out` exists
//   while it is written        none                   out (old)
//   in Commit(), for a moment  none                   out (old), out.incomplete
//   after Commit()             out                    out (new)
//
// Where O_TMPFILE is not supported, the file is `out.incomplete` from the
// beginning, and is renamed in both cases.

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

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

// A file that has no name in the folder of `path`. -1 if there cannot be one;
// errno says why.
int OpenWithoutName(const std::string& path) {
  return open(FolderOf(path).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
}

// Whether open() failed because the file system, or the kernel, does not
// support O_TMPFILE. EISDIR comes from kernels that do not know the flag: they
// see a folder that is opened for writing.
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
  // As root, the rename would replace a device such as /dev/null by a file.
  return Error{ErrorCode::kIo, path + ": not a regular file; name one"};
}

// Owns a descriptor, so that each early return closes it.
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

// Syncs the names in the folder of `path`. A folder that may be written but not
// read cannot be opened, and some file systems sync no folders: the name is
// then as durable as it can be made.
Status SyncFolder(const std::string& path) {
  const FileDescriptor folder(
      open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return Ok{};
  if (fsync(folder.get()) == 0 || errno == EINVAL || errno == EROFS) {
    return Ok{};
  }
  return IoError(path, "cannot sync the folder", errno);
}

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
  // ENOTDIR: a part of the path is no folder, which opening it says better.
  if (unlink(incomplete) != 0 && errno != ENOENT && errno != ENOTDIR) {
    return IoError(file->incomplete_, "cannot remove", errno);
  }
  file->fd_ = OpenWithoutName(path);
  if (file->fd_ < 0 && MeansUnknown(errno)) {
    // O_EXCL: a link that somebody put there since is not followed.
    file->fd_ = open(incomplete, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    file->named_ = file->fd_ >= 0;
  }
  if (file->fd_ < 0) return IoError(path, "cannot create", errno);
  return file;
}

Status NewFile::GiveName() {
  // linkat() with AT_EMPTY_PATH would need a privilege; this way needs none.
  const std::string self = fmt::format("/proc/self/fd/{}", fd_);
  const auto link_to = [&](const std::string& name) {
    return linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(),
                  AT_SYMLINK_FOLLOW) == 0;
  };
  if (!named_ && link_to(path_)) return Ok{};
  // linkat() replaces no file, but rename() does.
  if (!named_ && errno == EEXIST) named_ = link_to(incomplete_);
  if (!named_) return IoError(path_, "cannot give the file its name", errno);
  if (rename(incomplete_.c_str(), path_.c_str()) != 0) {
    return IoError(path_, "cannot rename into place", errno);
  }
  named_ = false;
  return Ok{};
}

Status NewFile::Commit() {
  // The sync comes first: a name that leads to a file whose bytes are not yet
  // on the disk would show an empty or partial file after a crash.
  if (fsync(fd_) != 0) return IoError(path_, "cannot sync", errno);
  POWERCUT_TRY(GiveName());
  POWERCUT_TRY(SyncFolder(path_));
  if (close(std::exchange(fd_, -1)) != 0) {
    return IoError(path_, "cannot close", errno);
  }
  return Ok{};
}

Status CheckNewFile(const std::string& path) {
  POWERCUT_TRY(CheckReplaceable(path));
  std::error_code error;
  // Create() could not remove it.
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
  // Only making a file under its preliminary name shows whether one can be
  // made; the destructor removes it.
  const auto file = NewFile::Create(path);
  return file ? Status(Ok{}) : file.error();
}

Result<Bytes> ReadWholeFile(const std::string& path) {
  // O_NONBLOCK: opening a pipe that has no writer must not hang.
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
    // The file became shorter since its size was asked for.
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
