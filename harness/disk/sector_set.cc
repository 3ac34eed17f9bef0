// SectorSet as a CRoaring bitmap. Runs of sectors take little memory, however
// far apart they are, and union and difference cost what the sets hold, not
// what they span.
//
// A bitmap takes some 180 bytes at least. Most sets in traces are one run,
// which is kept as two numbers until the set becomes more than that.
//
// Only CRoaring's C functions are used: they do not throw, whereas its C++
// class does.

#include "harness/disk/sector_set.h"

#include <roaring/roaring.h>

#include <algorithm>
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

SectorSet::SectorSet() = default;

SectorSet::SectorSet(const SectorSet& other)
    : impl_(other.IsRun() ? nullptr
                          : std::make_unique<Impl>(
                                roaring_bitmap_copy(other.impl_->bitmap))),
      first_(other.first_),
      last_(other.last_) {}

SectorSet::SectorSet(SectorSet&& other) noexcept = default;

SectorSet& SectorSet::operator=(SectorSet other) noexcept {
  impl_ = std::move(other.impl_);
  first_ = other.first_;
  last_ = other.last_;
  return *this;
}

SectorSet::~SectorSet() = default;

SectorRange SectorSet::Run() const {
  if (first_ > last_) return {};
  return {.first = first_, .count = uint64_t{last_} - first_ + 1};
}

void SectorSet::SetRun(SectorRange run) {
  first_ = run.count == 0 ? 1 : static_cast<uint32_t>(run.first);
  last_ = run.count == 0 ? 0 : static_cast<uint32_t>(run.end() - 1);
}

SectorSet::Impl& SectorSet::MakeBitmap() {
  if (IsRun()) {
    const SectorRange run = Run();
    impl_ = std::make_unique<Impl>(roaring_bitmap_create());
    if (run.count > 0) {
      roaring_bitmap_add_range(impl_->bitmap, run.first, run.end());
    }
  }
  return *impl_;
}

void SectorSet::Add(SectorRange range) {
  CheckWithinLimit(range);
  if (range.count == 0) return;
  if (IsRun()) {
    const SectorRange run = Run();
    if (run.count == 0) return SetRun(range);
    if (range.first <= run.end() && range.end() >= run.first) {
      const uint64_t first = std::min(run.first, range.first);
      return SetRun(
          {.first = first, .count = std::max(run.end(), range.end()) - first});
    }
  }
  roaring_bitmap_add_range(MakeBitmap().bitmap, range.first, range.end());
}

void SectorSet::Remove(SectorRange range) {
  CheckWithinLimit(range);
  if (range.count == 0) return;
  if (IsRun()) {
    const SectorRange run = Run();
    if (run.count == 0 || range.first >= run.end() ||
        range.end() <= run.first) {
      return;
    }
    if (range.first <= run.first) {
      const uint64_t first = std::min(range.end(), run.end());
      return SetRun({.first = first, .count = run.end() - first});
    }
    if (range.end() >= run.end()) {
      return SetRun({.first = run.first, .count = range.first - run.first});
    }
  }
  roaring_bitmap_remove_range(MakeBitmap().bitmap, range.first, range.end());
}

bool SectorSet::Contains(uint64_t sector) const {
  POWERCUT_CHECK(sector < kSectorLimit);
  if (IsRun()) return sector >= first_ && sector <= last_;
  return roaring_bitmap_contains(impl_->bitmap, static_cast<uint32_t>(sector));
}

bool SectorSet::Intersects(SectorRange range) const {
  CheckWithinLimit(range);
  if (range.count == 0) return false;
  if (IsRun()) {
    const SectorRange run = Run();
    return run.count > 0 && range.first < run.end() && run.first < range.end();
  }
  // The first sector of the set that is not before the range decides.
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(impl_->bitmap, &iterator);
  return roaring_move_uint32_iterator_equalorlarger(
             &iterator, static_cast<uint32_t>(range.first)) &&
         iterator.current_value < range.end();
}

bool SectorSet::empty() const {
  return IsRun() ? first_ > last_ : roaring_bitmap_is_empty(impl_->bitmap);
}

uint64_t SectorSet::size() const {
  return IsRun() ? Run().count : roaring_bitmap_get_cardinality(impl_->bitmap);
}

void SectorSet::UnionWith(const SectorSet& other) {
  // CRoaring requires two different bitmaps.
  if (this == &other) return;
  if (other.IsRun()) return Add(other.Run());
  roaring_bitmap_or_inplace(MakeBitmap().bitmap, other.impl_->bitmap);
}

void SectorSet::Subtract(const SectorSet& other) {
  if (this == &other) {
    // As in UnionWith(): CRoaring requires two different bitmaps.
    *this = SectorSet();
    return;
  }
  if (other.IsRun()) return Remove(other.Run());
  roaring_bitmap_andnot_inplace(MakeBitmap().bitmap, other.impl_->bitmap);
}

void SectorSet::ForEachRange(
    const std::function<void(SectorRange)>& visit) const {
  if (IsRun()) {
    if (!empty()) visit(Run());
    return;
  }
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
  if (!IsRun() && !other.IsRun()) {
    return roaring_bitmap_equals(impl_->bitmap, other.impl_->bitmap);
  }
  if (!IsRun()) return other == *this;
  // Sectors of the run only, and as many as it has, are the run.
  const SectorRange run = Run();
  return size() == other.size() &&
         (run.count == 0 ||
          (other.IsRun() ? run == other.Run()
                         : roaring_bitmap_contains_range(
                               other.impl_->bitmap, run.first, run.end())));
}

}  // namespace powercut
