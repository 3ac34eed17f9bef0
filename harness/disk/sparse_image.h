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
// size, or 64 bytes as long as WriteLasting() alone has written to it; each
// range of 2 MiB that has a page takes 8 KiB more, and each 2 MiB of the
// image's size take 8 bytes. Zeros that are written where there is no page take
// none. Reading and writing cost O(bytes). A copy is deep, points to no bytes
// of others, and costs O(pages written). Not thread-safe.
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
  // The same, but the image may point to `data` in place of a copy.
  // Requires: `data` stays where it is, unchanged, until the image is destroyed
  // or read for the last time.
  void WriteLasting(uint64_t offset_bytes, ByteSpan data);

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
  // What WriteLasting() does not copy: aligned pieces of a page.
  static constexpr uint64_t kPieceBytes = 512;
  using Page = std::array<std::byte, kPageBytes>;
  // Where the bytes of each piece of a page are; `nullptr` if they are zeros.
  using Pieces = std::array<const std::byte*, kPageBytes / kPieceBytes>;
  // A page is in one of the two arrays at most.
  struct Leaf {
    std::array<std::unique_ptr<Page>, kPagesPerLeaf> pages;
    std::array<std::unique_ptr<Pieces>, kPagesPerLeaf> pieces;
  };

  // `nullptr` if the image has no bytes of its own for the page.
  const Page* FindPage(uint64_t page) const;
  // `nullptr` if the page does not consist of the bytes of others.
  const Pieces* FindPieces(uint64_t page) const;
  // The bytes of the page, which are put into `scratch` if need be; `nullptr`
  // if the page was never written.
  const Page* BytesOfPage(uint64_t page, Page& scratch) const;
  Leaf& MakeLeaf(uint64_t page);
  void PointTo(uint64_t page, uint64_t within, ByteSpan data);
  // The page with bytes of its own: those that it had, or zeros.
  Page& MakePage(uint64_t page);

  uint64_t size_bytes_;
  // One entry for each 2 MiB; `nullptr` if no page in that range was written.
  std::vector<std::unique_ptr<Leaf>> leaves_;
  std::shared_ptr<ImageChanges> changes_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_SPARSE_IMAGE_H_
