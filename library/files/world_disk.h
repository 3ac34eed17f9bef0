// WorldDisk: a raw disk, with the requests that storage makes of it.

#ifndef POWERCUT_LIBRARY_FILES_WORLD_DISK_H_
#define POWERCUT_LIBRARY_FILES_WORLD_DISK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/base/bytes.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"
#include "library/calls/call_log.h"
#include "library/files/neighbour_damage.h"
#include "library/files/planned_failures.h"

namespace powercut {

// Sectors have 512 bytes. Functions return 0 or the negative of an errno
// number: EINVAL if a range is empty, lies beyond the disk or is no whole
// sectors; EIO; ENOSPC. Not thread-safe.
class WorldDisk {
 public:
  static constexpr uint32_t kSectorBytes = 512;

  // A disk of zeros. Requests are added to `log`, which must outlive this
  // object.
  // Requires: size_bytes is a positive multiple of a sector.
  WorldDisk(uint64_t size_bytes, CallLog& log);
  // A disk that a crash left, which must outlive this object.
  explicit WorldDisk(VirtualDisk& disk) : crashed_(&disk) {}

  // See WorldFiles::Fail(). Writes cannot be short here.
  void Fail(CallFailure failure, uint64_t passed, uint64_t count) {
    failures_.Plan(failure, passed, count);
  }
  // What each write may damage.
  void set_damage(const DamageRule& rule) { damage_ = rule; }

  uint64_t size_bytes() const;
  int Read(uint64_t first_sector, MutableByteSpan out);
  // With `fua` the write is durable when this returns.
  int Write(uint64_t first_sector, ByteSpan data, bool fua);
  int Flush();
  int Discard(uint64_t first_sector, uint64_t count);

 private:
  // Sectors beside a write, as they were before it.
  struct Beside {
    uint64_t first_sector = 0;
    Bytes content;
  };
  // Writes, and keeps the write as a call if calls are kept.
  Status WriteOnce(uint64_t first_sector, ByteSpan data, bool fua,
                   Call::Damage damage, const std::string& text);
  bool IsValid(uint64_t first_sector, uint64_t bytes) const;

  // One of both: the live contents, or what a crash left.
  std::optional<SparseImage> live_;
  VirtualDisk* crashed_ = nullptr;
  CallLog* log_ = nullptr;
  PlannedFailures failures_;
  DamageRule damage_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_FILES_WORLD_DISK_H_
