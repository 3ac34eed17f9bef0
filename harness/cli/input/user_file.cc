// Files named by the user, read with streams because a pipe has no size, and
// written atomically where the path names a regular file.

#include "harness/cli/input/user_file.h"

#include <errno.h>
#include <fmt/format.h>
#include <string.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness/base/bytes.h"
#include "harness/system/atomic_file.h"

namespace powercut {
namespace {

Error SystemError(const std::string& path) {
  return {ErrorCode::kIo, fmt::format("{}: {}", path, strerror(errno))};
}

// Whether the path must be written in place. A pipe or a device keeps its
// place, and so does /dev/stdout: it is a link to an open file of this process,
// and a new file under its name would take the link away from the whole
// machine.
bool IsSpecialFile(const std::string& path) {
  std::error_code ignored;
  const auto target = std::filesystem::read_symlink(path, ignored);
  if (!ignored && target.string().starts_with("/proc/")) return true;
  const auto type = std::filesystem::status(path, ignored).type();
  return type == std::filesystem::file_type::character ||
         type == std::filesystem::file_type::fifo ||
         type == std::filesystem::file_type::socket;
}

}  // namespace

Result<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Error{ErrorCode::kIo, path + ": is a directory"};
  }
  // A device such as /dev/zero may never end, and a disk holds more than memory
  // does.
  if (std::filesystem::is_character_file(path, error) ||
      std::filesystem::is_block_file(path, error)) {
    return Error{ErrorCode::kIo,
                 path + ": is a device; copy what is on it to a file first"};
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return SystemError(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return SystemError(path);
  return text;
}

Status WriteFile(const std::string& path, std::string_view text) {
  // An atomic write would replace a pipe or a device by a regular file.
  if (!IsSpecialFile(path)) return WriteWholeFile(path, AsBytes(text));
  // What was printed there before must stay.
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  return out ? Status(Ok{}) : SystemError(path);
}

Status CheckWritable(const std::string& path) {
  return IsSpecialFile(path) ? Status(Ok{}) : CheckNewFile(path);
}

}  // namespace powercut
