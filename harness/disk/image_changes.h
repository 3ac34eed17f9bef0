// ImageChanges: which pages of a SparseImage were written since somebody last
// looked, so that a copy of the image can follow it at the cost of what
// changed.

#ifndef POWERCUT_HARNESS_DISK_IMAGE_CHANGES_H_
#define POWERCUT_HARNESS_DISK_IMAGE_CHANGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace powercut {

// Not thread-safe.
class ImageChanges {
 public:
  static constexpr uint64_t kPageBytes = 4096;

  // Notes that a range was written. O(pages).
  // Requires: the range is not empty.
  void Note(uint64_t offset_bytes, uint64_t size_bytes) {
    const uint64_t last = (offset_bytes + size_bytes - 1) / kPageBytes;
    const uint64_t first = offset_bytes / kPageBytes;
    if (everything_ || last - first >= kPagesMax - pages_.size()) {
      NoteEverything();
      return;
    }
    for (uint64_t page = first; page <= last; ++page) {
      // Blocks are often written in order, in parts of a page.
      if (pages_.empty() || pages_.back() != page) pages_.push_back(page);
    }
  }
  // Notes that any byte may have changed.
  void NoteEverything() {
    everything_ = true;
    pages_.clear();
  }

  // Returns the numbers of the pages that were noted since the last call, with
  // duplicates, in order of noting; `std::nullopt` if any page may have
  // changed, as before the first call.
  std::optional<std::vector<uint64_t>> Take() {
    if (std::exchange(everything_, false)) return std::nullopt;
    return std::exchange(pages_, {});
  }

 private:
  // A longer list costs as much as copying the whole image.
  static constexpr size_t kPagesMax = 1u << 16;

  bool everything_ = true;
  std::vector<uint64_t> pages_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_IMAGE_CHANGES_H_
