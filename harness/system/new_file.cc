#include "harness/system/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
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

}  // namespace powercut
