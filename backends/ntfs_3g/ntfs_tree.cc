// The walk over the tree, which must end and stay within bounds on any volume.
//
// The walk goes depth-first from the root. The names of one directory are
// collected before the first of them is visited. Damage becomes part of the
// observation: a name that cannot be opened, a file that cannot be read and a
// directory that cannot be listed whole are entries with `unreadable` set. The
// walk ends because a directory is not entered again below itself, and because
// depth, number of names and bytes of content are bounded. A directory that is
// too deep is an unreadable entry; too many names or bytes make the whole
// observation unreadable.
//
// Example: the index of / lists a and b, but the record of b is free. The
// observation has /a with its content, and /b with `cannot open: EIO`.

#include "backends/ntfs_3g/ntfs_tree.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

namespace powercut::ntfs_3g {
namespace {

constexpr size_t kMaxDepth = 128;
constexpr size_t kMaxEntries = 1u << 16;
// Files can have several names, so that the contents of all entries together
// can exceed the disk.
constexpr uint64_t kMaxContentBytes = 1u << 28;

// A name as NtfsListDirectory() visits it.
struct ListedName {
  std::string name;
  uint64_t file_id;
  int error;
};

class TreeWalk {
 public:
  TreeWalk(const NtfsCalls& calls, NtfsVolume& volume, ByteDisk& disk)
      : calls_(calls), volume_(volume), disk_(disk) {}

  Observation Run() {
    const std::string failure = WalkDirectory("", calls_.root_id());
    Observation observation;
    if (!failure.empty()) {
      observation.unreadable = fmt::format("/: {}", failure);
      return observation;
    }
    if (!exceeded_.empty()) {
      observation.unreadable = exceeded_;
      return observation;
    }
    // A damaged index can list a name twice, but opening the name has one
    // answer.
    std::ranges::sort(entries_, {}, &ObservedEntry::path);
    const auto repeated =
        std::ranges::unique(entries_, {}, &ObservedEntry::path);
    entries_.erase(repeated.begin(), repeated.end());
    observation.entries = std::move(entries_);
    return observation;
  }

 private:
  // Adds the entries below a directory. Returns why the directory could not be
  // listed whole; empty if it was.
  std::string WalkDirectory(const std::string& path, uint64_t directory_id) {
    std::vector<ListedName> names;
    const int error = calls_.list_directory(
        &volume_, directory_id, kMaxEntries,
        [](void* context, const char* name, uint64_t file_id, int name_error) {
          static_cast<std::vector<ListedName>*>(context)->push_back(
              {name, file_id, name_error});
        },
        &names);
    ancestors_.push_back(directory_id);
    for (const ListedName& name : names) {
      if (entries_.size() >= kMaxEntries) {
        exceeded_ = fmt::format("more than {} entries", kMaxEntries);
      }
      if (!exceeded_.empty()) break;
      Visit(path + "/" + name.name, name);
    }
    ancestors_.pop_back();
    return error == 0 ? "" : fmt::format("cannot list: {}", ErrorName(error));
  }

  // Adds the entry of one name, and the entries below it if it is a directory.
  void Visit(std::string path, const ListedName& name) {
    ObservedEntry entry;
    entry.path = std::move(path);
    entry.file_id = name.file_id;
    if (name.error != 0) {
      entry.unreadable = fmt::format("cannot open: {}", ErrorName(name.error));
      entries_.push_back(std::move(entry));
      return;
    }
    NtfsFile file;
    const int error = calls_.open_file(&volume_, name.file_id, &file);
    if (error != 0) {
      entry.unreadable = fmt::format("cannot open: {}", ErrorName(error));
      entries_.push_back(std::move(entry));
      return;
    }
    entry.is_directory = file.is_directory != 0;
    if (!entry.is_directory) ReadContent(file, entry);
    calls_.close_file(&file);
    if (entry.is_directory) {
      Descend(std::move(entry));
    } else {
      entries_.push_back(std::move(entry));
    }
  }

  void ReadContent(NtfsFile& file, ObservedEntry& entry) {
    if (file.size_bytes > disk_.size_bytes()) {
      entry.unreadable =
          fmt::format("size {} is larger than the disk", file.size_bytes);
      return;
    }
    // Counted before the read, so that sizes that lie take no memory.
    content_bytes_ += file.size_bytes;
    if (content_bytes_ > kMaxContentBytes) {
      exceeded_ = fmt::format("more than {} bytes of content in all files",
                              kMaxContentBytes);
      return;
    }
    entry.content.resize(file.size_bytes);
    // What the library reads straight into the content decides nothing else.
    disk_.DeclareCopyTarget(
        entry.path, std::as_writable_bytes(std::span(entry.content)), 0);
    const int error = calls_.read_file(&file, entry.content.data());
    disk_.EndCopyTarget();
    if (error != 0) {
      entry.content.clear();
      entry.unreadable = fmt::format("cannot read: {}", ErrorName(error));
      return;
    }
    entry.size_bytes = file.size_bytes;
  }

  void Descend(ObservedEntry entry) {
    if (std::find(ancestors_.begin(), ancestors_.end(), entry.file_id) !=
        ancestors_.end()) {
      entry.unreadable = "directory loop";
    } else if (ancestors_.size() >= kMaxDepth) {
      entry.unreadable = fmt::format("deeper than {} directories", kMaxDepth);
    } else {
      entry.unreadable = WalkDirectory(entry.path, entry.file_id);
    }
    entries_.push_back(std::move(entry));
  }

  const NtfsCalls& calls_;
  NtfsVolume& volume_;
  ByteDisk& disk_;
  // The directories from the root to the one that is being walked.
  std::vector<uint64_t> ancestors_;
  std::vector<ObservedEntry> entries_;
  uint64_t content_bytes_ = 0;  // of all entries
  // Which bound of the walk was passed. Empty if none was.
  std::string exceeded_;
};

}  // namespace

Observation ObserveTree(const NtfsCalls& calls, NtfsVolume& volume,
                        ByteDisk& disk) {
  return TreeWalk(calls, volume, disk).Run();
}

void LookUpPaths(const NtfsCalls& calls, NtfsVolume& volume,
                 const std::vector<std::string>& paths,
                 Observation& observation) {
  std::vector<ObservedEntry> found;
  for (const std::string& path : paths) {
    if (observation.Find(path) != nullptr) continue;
    ObservedEntry entry;
    if (calls.look_up(&volume, path.c_str(), &entry.file_id) != 0) continue;
    entry.path = path;
    entry.unreadable = "can be opened, but its directory does not list it";
    found.push_back(std::move(entry));
  }
  if (found.empty()) return;
  auto& entries = observation.entries;
  entries.insert(entries.end(), std::make_move_iterator(found.begin()),
                 std::make_move_iterator(found.end()));
  std::sort(entries.begin(), entries.end(),
            [](const ObservedEntry& a, const ObservedEntry& b) {
              return a.path < b.path;
            });
}

std::string ErrorName(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : fmt::format("E{}", error);
}

}  // namespace powercut::ntfs_3g
