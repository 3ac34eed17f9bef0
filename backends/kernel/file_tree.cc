// The walk over a mounted tree, by readdir, lstat and read.
//
// The walk goes depth-first. Damage becomes part of the observation: a name
// that cannot be looked up, a file that cannot be read and a folder that cannot
// be listed whole are entries with `unreadable` set to the name of the error.
// If the root cannot be listed, or if the tree is deeper, has more names or
// holds more bytes than the bounds below, the whole observation is unreadable:
// a damaged file system can show a tree without end.
//
// Example: the folder has f, a file, and d, whose inode is damaged. The
// observation has /f with its content, and /d with `EUCLEAN`.

#include "backends/kernel/file_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

namespace powercut::kernel {
namespace {

constexpr size_t kMaxDepth = 128;
constexpr size_t kMaxEntries = 1u << 16;
// Files can have several names, so that the contents of all entries together
// can exceed the disk.
constexpr uint64_t kMaxContentBytes = 1u << 28;
constexpr const char* kLostAndFound = "/lost+found";

std::string FailureOf(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : "EUNKNOWN";
}

class FolderWalk {
 public:
  explicit FolderWalk(std::string root) : root_(std::move(root)) {}

  Observation Run() {
    Observation observation;
    const std::string failure = WalkFolder("", 0);
    observation.unreadable = !exceeded_.empty() ? exceeded_
                             : !failure.empty() ? "/: " + failure
                                                : "";
    if (!observation.unreadable.empty()) return observation;
    std::ranges::sort(entries_, {}, &ObservedEntry::path);
    // A damaged folder can list a name twice, but opening the name has one
    // answer.
    const auto repeated =
        std::ranges::unique(entries_, {}, &ObservedEntry::path);
    entries_.erase(repeated.begin(), repeated.end());
    HideEmptyLostAndFound();
    observation.entries = std::move(entries_);
    return observation;
  }

 private:
  // Adds the entries below a folder. Returns why the folder could not be listed
  // whole; empty if it was.
  std::string WalkFolder(const std::string& path, size_t depth) {
    if (depth > kMaxDepth) {
      exceeded_ = fmt::format("more than {} folders deep", kMaxDepth);
      return {};
    }
    struct Closer {
      void operator()(DIR* folder) const { closedir(folder); }
    };
    const std::unique_ptr<DIR, Closer> folder(
        opendir((root_ + path + "/").c_str()));
    if (folder == nullptr) return FailureOf(errno);
    while (exceeded_.empty()) {
      errno = 0;
      const dirent* found = readdir(folder.get());
      if (found == nullptr) return errno == 0 ? "" : FailureOf(errno);
      const std::string_view name = found->d_name;
      if (name == "." || name == "..") continue;
      if (entries_.size() >= kMaxEntries) {
        exceeded_ = fmt::format("more than {} names", kMaxEntries);
        return {};
      }
      Visit(fmt::format("{}/{}", path, name), depth);
    }
    return {};
  }

  // Adds the entry of one name, and the entries below it if it is a folder.
  void Visit(const std::string& path, size_t depth) {
    struct stat attributes{};
    const std::string full = root_ + path;
    ObservedEntry entry;
    entry.path = path;
    if (lstat(full.c_str(), &attributes) != 0) {
      entry.unreadable = FailureOf(errno);
      entries_.push_back(std::move(entry));
      return;
    }
    entry.file_id = attributes.st_ino;
    entry.is_directory = S_ISDIR(attributes.st_mode);
    if (entry.is_directory) {
      // The entry is found again by its place, since the walk adds entries.
      const size_t at = entries_.size();
      entries_.push_back(std::move(entry));
      entries_[at].unreadable = WalkFolder(path, depth + 1);
      return;
    }
    if (S_ISREG(attributes.st_mode)) {
      entry.unreadable = ReadFile(full, entry.content);
      entry.size_bytes = entry.content.size();
    } else {
      entry.unreadable = "not a file and not a folder";
    }
    entries_.push_back(std::move(entry));
  }

  // Returns why the file could not be read; empty if it was. Links are not
  // followed, because a damaged inode must not lead out of the tree.
  std::string ReadFile(const std::string& path, std::string& content) {
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return FailureOf(errno);
    std::string failure;
    std::vector<char> buffer(size_t{256} << 10);
    while (true) {
      // The device has no read-ahead, so that the kernel would read page by
      // page. This asks for the same pages in one request.
      posix_fadvise(fd, static_cast<off_t>(content.size()),
                    static_cast<off_t>(buffer.size()), POSIX_FADV_WILLNEED);
      const ssize_t got = read(fd, buffer.data(), buffer.size());
      if (got < 0) failure = FailureOf(errno);
      if (got <= 0) break;
      content.append(buffer.data(), static_cast<size_t>(got));
      content_bytes_ += static_cast<uint64_t>(got);
      if (content_bytes_ > kMaxContentBytes) {
        exceeded_ = fmt::format("more than {} bytes", kMaxContentBytes);
        break;
      }
    }
    close(fd);
    if (!failure.empty()) content.clear();
    return failure;
  }

  // mkfs of ext2, ext3 and ext4 makes this folder, and no op did.
  void HideEmptyLostAndFound() {
    const std::string inside = std::string(kLostAndFound) + "/";
    const bool used = std::ranges::any_of(entries_, [&](const auto& entry) {
      return entry.path.starts_with(inside);
    });
    if (used) return;
    std::erase_if(entries_, [](const ObservedEntry& entry) {
      return entry.path == kLostAndFound && entry.is_directory &&
             entry.unreadable.empty();
    });
  }

  const std::string root_;
  std::vector<ObservedEntry> entries_;
  uint64_t content_bytes_ = 0;  // of all entries
  // Which bound of the walk was passed. Empty if none was.
  std::string exceeded_;
};

}  // namespace

Observation ObserveFolder(const std::string& root) {
  return FolderWalk(root).Run();
}

}  // namespace powercut::kernel
