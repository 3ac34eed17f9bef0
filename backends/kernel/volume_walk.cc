// The walk is that of fts(3), which needs no recursion of ours, reports what it
// cannot list as an entry, and does not leave the file system.

#include "backends/kernel/volume_walk.h"

#include <fts.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

namespace powercut::kernel {
namespace {

struct Closer {
  void operator()(FTS* walk) const { fts_close(walk); }
};

VolumeEntry EntryOf(std::string path, const struct stat& attributes) {
  VolumeEntry entry;
  entry.path = std::move(path);
  entry.is_directory = S_ISDIR(attributes.st_mode);
  if (S_ISREG(attributes.st_mode)) {
    entry.size_bytes = static_cast<uint64_t>(attributes.st_size);
  }
  constexpr int64_t kNsPerS = 1'000'000'000;
  entry.changed_ns =
      attributes.st_mtim.tv_sec * kNsPerS + attributes.st_mtim.tv_nsec;
  return entry;
}

}  // namespace

WalkedVolume WalkVolume(const std::string& root, size_t entries_max) {
  std::string start = root;
  char* starts[] = {start.data(), nullptr};
  const std::unique_ptr<FTS, Closer> walk(
      fts_open(starts, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, nullptr));
  WalkedVolume found;
  while (walk != nullptr) {
    const FTSENT* at = fts_read(walk.get());
    if (at == nullptr) break;
    // A directory comes a second time after what is in it.
    const bool again = at->fts_info == FTS_DP;
    const bool unknown = at->fts_info == FTS_NS || at->fts_info == FTS_ERR;
    if (at->fts_level == 0 || again || unknown) continue;
    if (found.look.entries.size() >= entries_max) {
      found.look.cut = true;
      break;
    }
    found.look.entries.push_back(
        EntryOf(std::string(at->fts_path).substr(root.size()), *at->fts_statp));
    found.inodes.push_back(at->fts_statp->st_ino);
  }
  std::vector<size_t> order(found.inodes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {},
                    [&](size_t i) { return found.look.entries[i].path; });
  WalkedVolume sorted;
  sorted.look.cut = found.look.cut;
  for (const size_t i : order) {
    sorted.look.entries.push_back(std::move(found.look.entries[i]));
    sorted.inodes.push_back(found.inodes[i]);
  }
  return sorted;
}

}  // namespace powercut::kernel
