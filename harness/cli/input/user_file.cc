// Files named by the user, read with streams because a pipe has no size, and
// written atomically where the path names a regular file. Standard output is
// kept apart from what is printed by descriptors: `-` gets the old one, and 1
// becomes that of standard error.

#include "harness/cli/input/user_file.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
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

// The standard output that was kept. Before that, it is the usual one.
int g_standard_output = STDOUT_FILENO;

Status WriteStandardOutput(std::string_view text) {
  std::fflush(stdout);
  while (!text.empty()) {
    const ssize_t put = ::write(g_standard_output, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError("standard output");
    text.remove_prefix(static_cast<size_t>(put));
  }
  return Ok{};
}

Result<std::string> ReadStandardInput() {
  std::string text;
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("standard input");
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

// Whether both paths lead to one file now, or would if it existed.
bool SameFile(const std::string& a, const std::string& b) {
  struct stat of_a{};
  struct stat of_b{};
  const bool a_is = stat(a.c_str(), &of_a) == 0;
  const bool b_is = stat(b.c_str(), &of_b) == 0;
  if (a_is != b_is) return false;
  if (a_is) {
    return S_ISREG(of_a.st_mode) && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
  }
  // A relative path is made absolute first: only then is the folder that exists
  // found, with the links in it.
  const auto whole = [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::weakly_canonical(
        std::filesystem::absolute(path, ignored), ignored);
  };
  return whole(a) == whole(b);
}

}  // namespace

bool IsStream(const std::string& path) {
  return path == kStandardName || IsSpecialFile(path);
}

void KeepStandardOutput() {
  std::fflush(stdout);
  g_standard_output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(STDERR_FILENO, STDOUT_FILENO);
}

bool WritingReplaces(const std::string& output, const std::string& input) {
  if (output == kStandardName || input == kStandardName) return false;
  return SameFile(output, input) || SameFile(output + ".incomplete", input);
}

Result<std::string> ReadFile(const std::string& path) {
  if (path == kStandardName) return ReadStandardInput();
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
  if (path == kStandardName) return WriteStandardOutput(text);
  // An atomic write would replace a pipe or a device by a regular file.
  if (!IsSpecialFile(path)) return WriteWholeFile(path, AsBytes(text));
  // What was printed there before must stay.
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  return out ? Status(Ok{}) : SystemError(path);
}

Status WriteTrace(const Trace& trace, const TraceAbout& about,
                  const std::string& path) {
  if (!IsStream(path)) return SaveTrace(trace, about, path);
  POWERCUT_ASSIGN(const Bytes bytes, TraceBytes(trace, about, path));
  return WriteFile(path, AsText(bytes));
}

Status CheckWritable(const std::string& path) {
  return IsStream(path) ? Status(Ok{}) : CheckNewFile(path);
}

}  // namespace powercut
