// Runs a program such as mkfs on a file in memory and takes over what the
// program wrote.
//
// Steps: make a file of zeros in memory (memfd), as large as the disk, and a
// second one for what the program prints; start the program with the first file
// as its descriptor 3; wait for the program to end; copy the parts of the file
// that hold data into a sparse image. No real disk is touched, and a large
// disk that mkfs leaves mostly empty costs no more than what mkfs wrote.
//
// Example: {"-F", kImageArgument} becomes `mkntfs -F /proc/self/fd/3`.

#include "backends/format_program.h"

#include <ctype.h>
#include <errno.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/disk/image_file.h"
#include "harness/system/process_setup.h"

namespace powercut {
namespace {

// The descriptor by which the program opens the file to format. The standard
// descriptors come before it.
constexpr int kChildImage = 3;

// A file of zeros in memory, which ends with this object.
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

  // False if the file could not be made.
  bool ok() const { return ok_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool ok_ = false;
};

Error IoError(std::string_view program, std::string_view what, int error) {
  return Error{ErrorCode::kIo, fmt::format("{}: {}: {}", program, what,
                                           strerrordesc_np(error))};
}

// Returns what the program printed, up to 1 MiB.
std::string PrintedOn(const MemoryFile& output) {
  constexpr off_t kBytesMax = 1 << 20;
  const off_t size = lseek(output.descriptor(), 0, SEEK_END);
  std::string text(static_cast<size_t>(std::clamp<off_t>(size, 0, kBytesMax)),
                   '\0');
  const ssize_t got = pread(output.descriptor(), text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return text;
}

// Whether a line begins the help of a program. mke2fs lists the options of -E
// with no word `usage`.
bool BeginsHelp(std::string_view line) {
  constexpr std::string_view kUsage = "usage:";
  const auto same = [](char a, char b) { return a == tolower(b); };
  return std::equal(kUsage.begin(), kUsage.end(), line.begin(),
                    line.begin() + static_cast<ptrdiff_t>(
                                       std::min(line.size(), kUsage.size())),
                    same) ||
         line.find("options are separated by commas") != line.npos;
}

// Returns what execve() takes: pointers to the texts, and a null pointer at the
// end. The texts must outlive the pointers.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Runs the program to its end. What it prints goes to `output`.
Status Spawn(const std::string& program, std::vector<std::string> arguments,
             std::vector<std::string> environment, const MemoryFile& image,
             const MemoryFile& output) {
  arguments.insert(arguments.begin(), program);
  for (std::string& argument : arguments) {
    if (argument == kImageArgument) {
      argument = fmt::format("/proc/self/fd/{}", kChildImage);
    }
  }
  // Messages go into errors, which must not depend on the language of the user.
  environment.push_back("LC_ALL=C");
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> envp = Pointers(environment);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // The output comes first: its own descriptor may be kChildImage, which the
  // last step replaces.
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), 1);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), 2);
  posix_spawn_file_actions_adddup2(&actions, image.descriptor(), kChildImage);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  const sigset_t restored = SignalsToRestore();
  posix_spawnattr_setsigdefault(&attributes, &restored);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int spawn_error = posix_spawn(&child, program.c_str(), &actions,
                                      &attributes, argv.data(), envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (spawn_error != 0)
    return IoError(program, "cannot be started", spawn_error);

  int state = 0;
  while (true) {
    const pid_t ended = waitpid(child, &state, WUNTRACED);
    if (ended < 0 && errno != EINTR) {
      return IoError(program, "cannot be waited for", errno);
    }
    if (ended < 0) continue;
    if (!WIFSTOPPED(state)) break;
    // Somebody stopped it, and only this process knows that it must go on.
    kill(child, SIGCONT);
  }
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return Ok{};
  return Error{ErrorCode::kBadInput,
               fmt::format("{}: {}", program, ComplaintIn(PrintedOn(output)))};
}

}  // namespace

std::string ComplaintIn(std::string_view printed) {
  std::string_view complaint;
  while (!printed.empty()) {
    const size_t end = std::min(printed.find('\n'), printed.size());
    std::string_view line = printed.substr(0, end);
    printed.remove_prefix(std::min(end + 1, printed.size()));
    const size_t last = line.find_last_not_of(" \t\r.");
    line = line.substr(0, last == line.npos ? 0 : last + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    // What stands before the help is the reason why the help was printed.
    if (BeginsHelp(line) && !complaint.empty()) break;
    if (!line.empty()) complaint = line;
  }
  return std::string(complaint);
}

std::string FindProgram(std::string_view name) {
  const char* path = getenv("PATH");
  // The PATH of a user often lacks the folders in which Debian puts mkfs.
  const std::string folders =
      fmt::format("{}:/usr/sbin:/sbin", path != nullptr ? path : "");
  size_t begin = 0;
  while (begin < folders.size()) {
    const size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string candidate =
        fmt::format("{}/{}", folders.substr(begin, end - begin), name);
    if (end > begin && access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return {};
}

Result<SparseImage> RunFormatProgram(
    const std::string& program, const std::vector<std::string>& arguments,
    const std::vector<std::string>& environment, uint64_t size_bytes) {
  POWERCUT_TRY(CheckFileSizeLimit(size_bytes));
  const MemoryFile image("powercut-image", size_bytes);
  const MemoryFile output("powercut-format-output", 0);
  if (!image.ok() || !output.ok()) {
    return IoError(program, "no memory for the disk", errno);
  }
  POWERCUT_TRY(Spawn(program, arguments, environment, image, output));
  SparseImage disk(size_bytes);
  const std::string failure =
      ReadSparsely(image.descriptor(), size_bytes, disk);
  if (failure.empty()) return disk;
  return Error{ErrorCode::kIo, fmt::format("{}: cannot read what it wrote: {}",
                                           program, failure)};
}

}  // namespace powercut
