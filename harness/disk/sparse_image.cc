// SparseImage as a table of two levels: leaves of 512 pages, pages of 4 KiB.
// Only the list of leaves grows with the size of the image: for an image of
// 2 TiB it takes 8 MiB. Everything else grows with what was written.
//
// A page has bytes of its own, or eight pointers to bytes that others keep, as
// the trace keeps the contents of its writes. The first Write() to a page of
// pointers gives it bytes of its own.

#include "harness/disk/sparse_image.h"

#include <algorithm>
#include <cstring>

#include "harness/base/check.h"

namespace powercut {
namespace {

// In two steps, since the sum of offset and count may wrap around.
void CheckWithin(uint64_t offset_bytes, uint64_t count_bytes,
                 uint64_t size_bytes) {
  POWERCUT_CHECK(offset_bytes <= size_bytes);
  POWERCUT_CHECK(count_bytes <= size_bytes - offset_bytes);
}

// The offset of the first byte in which two pages differ, or the page size.
// `nullptr` stands for a page of zeros.
template <class Page>
uint64_t FirstDifferenceOfPages(const Page* left, const Page* right) {
  static constexpr Page kZeros{};
  if (left == nullptr) left = &kZeros;
  if (right == nullptr) right = &kZeros;
  // Nearly all pages are equal, which memcmp() finds faster than mismatch().
  if (std::memcmp(left->data(), right->data(), left->size()) == 0) {
    return left->size();
  }
  return std::mismatch(left->begin(), left->end(), right->begin()).first -
         left->begin();
}

// Reads from offset `within` of a page on. A piece that is `nullptr` holds
// zeros.
template <class Pieces>
void ReadPieces(const Pieces& pieces, uint64_t piece_bytes, uint64_t within,
                MutableByteSpan out) {
  while (!out.empty()) {
    const uint64_t skipped = within % piece_bytes;
    const size_t count = std::min<uint64_t>(piece_bytes - skipped, out.size());
    const std::byte* piece = pieces[within / piece_bytes];
    if (piece == nullptr) {
      std::memset(out.data(), 0, count);
    } else {
      std::memcpy(out.data(), piece + skipped, count);
    }
    out = out.subspan(count);
    within += count;
  }
}

}  // namespace

SparseImage::SparseImage(uint64_t size_bytes)
    : size_bytes_(size_bytes),
      leaves_(size_bytes / (kPageBytes * kPagesPerLeaf) +
              (size_bytes % (kPageBytes * kPagesPerLeaf) != 0 ? 1 : 0)) {}

SparseImage::SparseImage(const SparseImage& other)
    : size_bytes_(other.size_bytes_), leaves_(other.leaves_.size()) {
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (other.leaves_[i] == nullptr) continue;
    leaves_[i] = std::make_unique<Leaf>();
    for (size_t j = 0; j < kPagesPerLeaf; ++j) {
      Page scratch;
      const Page* page = other.BytesOfPage(i * kPagesPerLeaf + j, scratch);
      if (page) leaves_[i]->pages[j] = std::make_unique<Page>(*page);
    }
  }
}

void SparseImage::Read(uint64_t offset_bytes, MutableByteSpan out) const {
  CheckWithin(offset_bytes, out.size(), size_bytes_);
  while (!out.empty()) {
    const uint64_t within = offset_bytes % kPageBytes;
    const size_t count = std::min<uint64_t>(kPageBytes - within, out.size());
    if (const Page* page = FindPage(offset_bytes / kPageBytes)) {
      std::memcpy(out.data(), page->data() + within, count);
    } else if (const Pieces* pieces = FindPieces(offset_bytes / kPageBytes)) {
      ReadPieces(*pieces, kPieceBytes, within, out.first(count));
    } else {
      std::memset(out.data(), 0, count);
    }
    out = out.subspan(count);
    offset_bytes += count;
  }
}

void SparseImage::Write(uint64_t offset_bytes, ByteSpan data) {
  CheckWithin(offset_bytes, data.size(), size_bytes_);
  if (changes_ != nullptr && !data.empty()) {
    changes_->Note(offset_bytes, data.size());
  }
  while (!data.empty()) {
    const uint64_t within = offset_bytes % kPageBytes;
    const size_t count = std::min<uint64_t>(kPageBytes - within, data.size());
    const uint64_t page = offset_bytes / kPageBytes;
    // mkfs and discards write zeros over wide ranges that were never written;
    // these must take no memory.
    if (FindPage(page) != nullptr || FindPieces(page) != nullptr ||
        !AllZero(data.first(count))) {
      std::memcpy(MakePage(page).data() + within, data.data(), count);
    }
    data = data.subspan(count);
    offset_bytes += count;
  }
}

void SparseImage::WriteLasting(uint64_t offset_bytes, ByteSpan data) {
  CheckWithin(offset_bytes, data.size(), size_bytes_);
  while (!data.empty()) {
    const uint64_t within = offset_bytes % kPageBytes;
    const size_t count = std::min<uint64_t>(kPageBytes - within, data.size());
    const uint64_t page = offset_bytes / kPageBytes;
    const bool whole_pieces =
        within % kPieceBytes == 0 && count % kPieceBytes == 0;
    if (FindPage(page) != nullptr || !whole_pieces) {
      Write(offset_bytes, data.first(count));
    } else {
      if (changes_ != nullptr) changes_->Note(offset_bytes, count);
      if (FindPieces(page) != nullptr || !AllZero(data.first(count))) {
        PointTo(page, within, data.first(count));
      }
    }
    data = data.subspan(count);
    offset_bytes += count;
  }
}

// Makes pieces of a page, which has no bytes of its own, point to `data`.
void SparseImage::PointTo(uint64_t page, uint64_t within, ByteSpan data) {
  std::unique_ptr<Pieces>& slot = MakeLeaf(page).pieces[page % kPagesPerLeaf];
  if (!slot) slot = std::make_unique<Pieces>();
  for (uint64_t at = 0; at < data.size(); at += kPieceBytes) {
    (*slot)[(within + at) / kPieceBytes] = data.data() + at;
  }
}

bool SparseImage::SameBytes(const SparseImage& other) const {
  if (size_bytes_ != other.size_bytes_) return false;
  Page mine;
  Page theirs;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    // Two missing leaves hold the same zeros.
    if (!leaves_[i] && !other.leaves_[i]) continue;
    for (uint64_t page = i * kPagesPerLeaf; page < (i + 1) * kPagesPerLeaf;
         ++page) {
      if (FirstDifferenceOfPages(BytesOfPage(page, mine),
                                 other.BytesOfPage(page, theirs)) <
          kPageBytes) {
        return false;
      }
    }
  }
  return true;
}

uint64_t SparseImage::FirstDifference(const SparseImage& other) const {
  POWERCUT_CHECK(size_bytes_ == other.size_bytes_);
  Page mine;
  Page theirs;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (!leaves_[i] && !other.leaves_[i]) continue;
    for (uint64_t page = i * kPagesPerLeaf; page < (i + 1) * kPagesPerLeaf;
         ++page) {
      const uint64_t within = FirstDifferenceOfPages(
          BytesOfPage(page, mine), other.BytesOfPage(page, theirs));
      if (within < kPageBytes) return page * kPageBytes + within;
    }
  }
  POWERCUT_CHECK(!"the images are the same");
  return size_bytes_;
}

void SparseImage::ForEachPage(
    const std::function<void(uint64_t, ByteSpan)>& visit) const {
  Page scratch;
  for (size_t i = 0; i < leaves_.size(); ++i) {
    if (!leaves_[i]) continue;
    for (size_t j = 0; j < kPagesPerLeaf; ++j) {
      const Page* page = BytesOfPage(i * kPagesPerLeaf + j, scratch);
      if (page == nullptr) continue;
      const uint64_t offset_bytes = (i * kPagesPerLeaf + j) * kPageBytes;
      // The last page may reach beyond the end of the image.
      visit(offset_bytes, ByteSpan(*page).first(std::min(
                              kPageBytes, size_bytes_ - offset_bytes)));
    }
  }
}

const SparseImage::Page* SparseImage::FindPage(uint64_t page) const {
  const Leaf* leaf = leaves_[page / kPagesPerLeaf].get();
  return leaf == nullptr ? nullptr : leaf->pages[page % kPagesPerLeaf].get();
}

const SparseImage::Pieces* SparseImage::FindPieces(uint64_t page) const {
  const Leaf* leaf = leaves_[page / kPagesPerLeaf].get();
  return leaf == nullptr ? nullptr : leaf->pieces[page % kPagesPerLeaf].get();
}

const SparseImage::Page* SparseImage::BytesOfPage(uint64_t page,
                                                  Page& scratch) const {
  if (const Page* own = FindPage(page)) return own;
  const Pieces* pieces = FindPieces(page);
  if (pieces == nullptr) return nullptr;
  ReadPieces(*pieces, kPieceBytes, 0, scratch);
  return &scratch;
}

SparseImage::Leaf& SparseImage::MakeLeaf(uint64_t page) {
  std::unique_ptr<Leaf>& leaf = leaves_[page / kPagesPerLeaf];
  if (!leaf) leaf = std::make_unique<Leaf>();
  return *leaf;
}

SparseImage::Page& SparseImage::MakePage(uint64_t page) {
  Leaf& leaf = MakeLeaf(page);
  std::unique_ptr<Page>& slot = leaf.pages[page % kPagesPerLeaf];
  if (slot) return *slot;
  slot = std::make_unique<Page>();
  std::unique_ptr<Pieces>& pieces = leaf.pieces[page % kPagesPerLeaf];
  if (pieces) ReadPieces(*pieces, kPieceBytes, 0, *slot);
  pieces.reset();
  return *slot;
}

}  // namespace powercut
