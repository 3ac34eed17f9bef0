// SectorSet: a set of sector numbers. Its implementation is the only user of
// the library CRoaring.

#ifndef POWERCUT_HARNESS_DISK_SECTOR_SET_H_
#define POWERCUT_HARNESS_DISK_SECTOR_SET_H_

#include <cstdint>
#include <functional>
#include <memory>

namespace powercut {

// `count` consecutive sectors, the first of which is `first`.
struct SectorRange {
  uint64_t first = 0;
  uint64_t count = 0;

  // The number after the last sector.
  uint64_t end() const { return first + count; }
  bool operator==(const SectorRange&) const = default;
};

// Sector numbers are below 2^32 (2 TiB in sectors of 512 bytes); a larger
// number fails a POWERCUT_CHECK. An empty range is allowed everywhere. A copy
// is deep. A set of sectors that follow each other takes 16 bytes. Not
// thread-safe.
class SectorSet {
 public:
  SectorSet();
  SectorSet(const SectorSet& other);
  SectorSet(SectorSet&& other) noexcept;
  SectorSet& operator=(SectorSet other) noexcept;
  ~SectorSet();

  // Adding what is there, or removing what is not, has no effect.
  void Add(SectorRange range);
  void Remove(SectorRange range);
  bool Contains(uint64_t sector) const;
  // Whether any sector of the range is in the set.
  bool Intersects(SectorRange range) const;
  bool empty() const;
  // The number of sectors.
  uint64_t size() const;

  // `other` may be this set.
  void UnionWith(const SectorSet& other);
  void Subtract(const SectorSet& other);

  // Calls `visit` for each maximal run of sectors, in ascending order. `visit`
  // must not change the set. O(size()).
  void ForEachRange(const std::function<void(SectorRange)>& visit) const;

  bool operator==(const SectorSet& other) const;

 private:
  struct Impl;

  bool IsRun() const { return impl_ == nullptr; }
  // The sectors of a set that is one run or empty.
  SectorRange Run() const;
  void SetRun(SectorRange run);
  // The bitmap. A set that was one run has one from now on.
  Impl& MakeBitmap();

  // `nullptr` if the set is one run or empty: its sectors are then those from
  // `first_` to `last_`, and there are none if `first_` is greater. With a
  // bitmap both numbers mean nothing.
  std::unique_ptr<Impl> impl_;
  uint32_t first_ = 1;
  uint32_t last_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_SECTOR_SET_H_
