// SectorSet: a set of sector numbers. The only place that knows CRoaring.

#ifndef POWERCUT_HARNESS_DISK_SECTOR_SET_H_
#define POWERCUT_HARNESS_DISK_SECTOR_SET_H_

#include <cstdint>
#include <functional>
#include <memory>

namespace powercut {

// `count` sectors from `first` on.
struct SectorRange {
  uint64_t first = 0;
  uint64_t count = 0;

  uint64_t end() const { return first + count; }
  bool operator==(const SectorRange&) const = default;
};

// Sector numbers are below 2^32 (2 TiB at 512-byte sectors): a POWERCUT_CHECK
// holds it. A copy is independent. Not thread-safe.
class SectorSet {
 public:
  SectorSet();
  SectorSet(const SectorSet& other);
  SectorSet(SectorSet&& other) noexcept;
  SectorSet& operator=(SectorSet other) noexcept;
  ~SectorSet();

  void Add(SectorRange range);
  void Remove(SectorRange range);
  bool Contains(uint64_t sector) const;
  bool Intersects(SectorRange range) const;
  bool empty() const;
  uint64_t size() const;

  void UnionWith(const SectorSet& other);
  void Subtract(const SectorSet& other);

  // Calls `visit` for each maximal run of sectors, ascending. O(size()).
  void ForEachRange(const std::function<void(SectorRange)>& visit) const;

  bool operator==(const SectorSet& other) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_SECTOR_SET_H_
