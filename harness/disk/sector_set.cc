// SectorSet as a CRoaring bitmap. Runs of sectors take little memory, however
// far apart they are, and union and difference cost what the sets hold, not
// what they span.
//
// Only CRoaring's C functions are used: they do not throw, whereas its C++
// class does.

#include "harness/disk/sector_set.h"

#include <roaring/roaring.h>

#include <array>
#include <utility>

#include "harness/base/check.h"

namespace powercut {
namespace {

// The first number that a bitmap of 32-bit values cannot hold.
constexpr uint64_t kSectorLimit = uint64_t{1} << 32;

// In two steps, since the end of a range of huge numbers would wrap around.
void CheckWithinLimit(SectorRange range) {
  POWERCUT_CHECK(range.first <= kSectorLimit);
  POWERCUT_CHECK(range.count <= kSectorLimit - range.first);
}

roaring_bitmap_t* CheckedBitmap(roaring_bitmap_t* bitmap) {
  // The C functions return null if memory ran out.
  POWERCUT_CHECK(bitmap != nullptr);
  return bitmap;
}

}  // namespace

struct SectorSet::Impl {
  explicit Impl(roaring_bitmap_t* owned) : bitmap(CheckedBitmap(owned)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { roaring_bitmap_free(bitmap); }

  roaring_bitmap_t* bitmap;
};

SectorSet::SectorSet()
    : impl_(std::make_unique<Impl>(roaring_bitmap_create())) {}

SectorSet::SectorSet(const SectorSet& other)
    : impl_(std::make_unique<Impl>(roaring_bitmap_copy(other.impl_->bitmap))) {}

SectorSet::SectorSet(SectorSet&& other) noexcept = default;

SectorSet& SectorSet::operator=(SectorSet other) noexcept {
  impl_ = std::move(other.impl_);
  return *this;
}

SectorSet::~SectorSet() = default;

void SectorSet::Add(SectorRange range) {
  CheckWithinLimit(range);
  if (range.count == 0) return;
  roaring_bitmap_add_range(impl_->bitmap, range.first, range.end());
}

void SectorSet::Remove(SectorRange range) {
  CheckWithinLimit(range);
  if (range.count == 0) return;
  roaring_bitmap_remove_range(impl_->bitmap, range.first, range.end());
}

bool SectorSet::Contains(uint64_t sector) const {
  POWERCUT_CHECK(sector < kSectorLimit);
  return roaring_bitmap_contains(impl_->bitmap, static_cast<uint32_t>(sector));
}

bool SectorSet::Intersects(SectorRange range) const {
  CheckWithinLimit(range);
  if (range.count == 0) return false;
  // The first sector of the set that is not before the range decides.
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(impl_->bitmap, &iterator);
  return roaring_move_uint32_iterator_equalorlarger(
             &iterator, static_cast<uint32_t>(range.first)) &&
         iterator.current_value < range.end();
}

bool SectorSet::empty() const { return roaring_bitmap_is_empty(impl_->bitmap); }

uint64_t SectorSet::size() const {
  return roaring_bitmap_get_cardinality(impl_->bitmap);
}

void SectorSet::UnionWith(const SectorSet& other) {
  // CRoaring requires two different bitmaps.
  if (this == &other) return;
  roaring_bitmap_or_inplace(impl_->bitmap, other.impl_->bitmap);
}

void SectorSet::Subtract(const SectorSet& other) {
  if (this == &other) {
    // As in UnionWith(): CRoaring requires two different bitmaps.
    *this = SectorSet();
    return;
  }
  roaring_bitmap_andnot_inplace(impl_->bitmap, other.impl_->bitmap);
}

void SectorSet::ForEachRange(
    const std::function<void(SectorRange)>& visit) const {
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(impl_->bitmap, &iterator);
  // Many numbers at a time: a call of the library for each would cost more than
  // joining them.
  std::array<uint32_t, 256> sectors;
  SectorRange run;
  for (;;) {
    const uint32_t count = roaring_read_uint32_iterator(
        &iterator, sectors.data(), static_cast<uint32_t>(sectors.size()));
    for (uint32_t i = 0; i < count; ++i) {
      if (run.count > 0 && sectors[i] == run.end()) {
        ++run.count;
        continue;
      }
      if (run.count > 0) visit(run);
      run = {.first = sectors[i], .count = 1};
    }
    if (count < sectors.size()) break;
  }
  if (run.count > 0) visit(run);
}

bool SectorSet::operator==(const SectorSet& other) const {
  return roaring_bitmap_equals(impl_->bitmap, other.impl_->bitmap);
}

}  // namespace powercut
