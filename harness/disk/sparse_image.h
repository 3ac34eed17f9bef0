// SparseImage: the bytes of a disk, where what was never written costs nothing
// and reads as zeros.

#ifndef POWERCUT_HARNESS_DISK_SPARSE_IMAGE_H_
#define POWERCUT_HARNESS_DISK_SPARSE_IMAGE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "harness/base/bytes.h"

namespace powercut {

// Memory follows what was written, in pages of 4 KiB, plus 4 KiB per 2 MiB
// range touched and 8 bytes per 2 MiB of size. Reading and writing cost
// O(bytes). A copy is deep.
class SparseImage {
 public:
  explicit SparseImage(uint64_t size_bytes);
  SparseImage(const SparseImage& other);
  SparseImage(SparseImage&&) noexcept = default;
  SparseImage& operator=(const SparseImage&) = delete;
  SparseImage& operator=(SparseImage&&) noexcept = default;
  ~SparseImage() = default;

  uint64_t size_bytes() const { return size_bytes_; }

  // Requires: the range lies within the image.
  void Read(uint64_t offset_bytes, MutableByteSpan out) const;
  void Write(uint64_t offset_bytes, ByteSpan data);

  // Equal contents; pages of zeros equal unwritten ones.
  bool SameBytes(const SparseImage& other) const;
  // The offset of the first byte that differs. Requires: !SameBytes(other),
  // equal sizes.
  uint64_t FirstDifference(const SparseImage& other) const;

  // Calls `visit(offset_bytes, bytes)` for each written page (4 KiB, or less
  // at the end of the image), ascending.
  void ForEachPage(const std::function<void(uint64_t, ByteSpan)>& visit) const;

 private:
  static constexpr uint64_t kPageBytes = 4096;
  static constexpr uint64_t kPagesPerLeaf = 512;
  using Page = std::array<std::byte, kPageBytes>;
  struct Leaf {
    std::array<std::unique_ptr<Page>, kPagesPerLeaf> pages;
  };

  const Page* FindPage(uint64_t page) const;
  Page& MakePage(uint64_t page);

  uint64_t size_bytes_;
  std::vector<std::unique_ptr<Leaf>> leaves_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_SPARSE_IMAGE_H_
