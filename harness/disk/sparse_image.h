// SparseImage: the bytes of a disk, in memory. Parts that were never written
// take no memory and read as zeros.

#ifndef POWERCUT_HARNESS_DISK_SPARSE_IMAGE_H_
#define POWERCUT_HARNESS_DISK_SPARSE_IMAGE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "harness/base/bytes.h"
#include "harness/disk/image_changes.h"

namespace powercut {

// Memory grows with what was written, in pages of 4 KiB: each page takes its
// size, each range of 2 MiB that has a page takes 4 KiB more, and each 2 MiB of
// the image's size take 8 bytes. Zeros that are written where there is no page
// take none. Reading and writing cost O(bytes). A copy is deep and costs
// O(pages written). Not thread-safe.
class SparseImage {
 public:
  // An image of zeros.
  explicit SparseImage(uint64_t size_bytes);
  SparseImage(const SparseImage& other);
  SparseImage(SparseImage&&) noexcept = default;
  SparseImage& operator=(const SparseImage&) = delete;
  SparseImage& operator=(SparseImage&&) noexcept = default;
  ~SparseImage() = default;

  uint64_t size_bytes() const { return size_bytes_; }

  // Both require that the range lies within the image.
  void Read(uint64_t offset_bytes, MutableByteSpan out) const;
  void Write(uint64_t offset_bytes, ByteSpan data);

  // Sets where Write() notes what it changes; `nullptr` if nowhere, as at the
  // start. A copy of the image notes nowhere.
  void set_changes(std::shared_ptr<ImageChanges> changes) {
    changes_ = std::move(changes);
  }
  const std::shared_ptr<ImageChanges>& changes() const { return changes_; }

  // Whether both have the same size and the same bytes. A page of zeros equals
  // one that was never written. O(pages written in either).
  bool SameBytes(const SparseImage& other) const;
  // The offset of the first byte that differs.
  // Requires: the sizes are equal; !SameBytes(other).
  uint64_t FirstDifference(const SparseImage& other) const;

  // Calls `visit(offset_bytes, bytes)` for each page that takes memory, in
  // ascending order. A page has 4 KiB, or less at the end of the image; it may
  // hold zeros only.
  void ForEachPage(const std::function<void(uint64_t, ByteSpan)>& visit) const;

 private:
  static constexpr uint64_t kPageBytes = 4096;
  static constexpr uint64_t kPagesPerLeaf = 512;
  using Page = std::array<std::byte, kPageBytes>;
  struct Leaf {
    std::array<std::unique_ptr<Page>, kPagesPerLeaf> pages;
  };

  // `nullptr` if the page was never written.
  const Page* FindPage(uint64_t page) const;
  // The page, made of zeros if it was never written.
  Page& MakePage(uint64_t page);

  uint64_t size_bytes_;
  // One entry for each 2 MiB; `nullptr` if no page in that range was written.
  std::vector<std::unique_ptr<Leaf>> leaves_;
  std::shared_ptr<ImageChanges> changes_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_SPARSE_IMAGE_H_
