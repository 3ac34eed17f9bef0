// VirtualDisk: the only way a backend reaches storage.
//
// A disk is an array of sectors. What a backend writes is at first only at the
// layer it names (harness/base/crash_kind.h); a crash may undo it until a
// persist event has carried it to the layer that survives that kind of crash.
//
// Implementations are RecordingDisk (appends to a trace) and CrashDisk (a crash
// image during recovery), either behind a FaultDisk (breaks as it is told). A
// backend cannot tell them apart. One caller at a time.

#ifndef POWERCUT_HARNESS_DISK_VIRTUAL_DISK_H_
#define POWERCUT_HARNESS_DISK_VIRTUAL_DISK_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/base/bytes.h"
#include "harness/base/crash_kind.h"
#include "harness/base/result.h"
#include "harness/disk/sector_set.h"

namespace powercut {

struct DiskGeometry {
  // Bytes. Power of two, 512 to 4096.
  uint32_t sector_bytes = 512;
  uint64_t sector_count = 0;

  uint64_t size_bytes() const { return sector_count * sector_bytes; }
  auto operator<=>(const DiskGeometry&) const = default;
};

// Numbers disk events (writes, persists, discards) from 1; 0 is "none yet".
using EventNumber = uint32_t;

class VirtualDisk {
 public:
  VirtualDisk() = default;
  VirtualDisk(const VirtualDisk&) = delete;
  VirtualDisk& operator=(const VirtualDisk&) = delete;
  virtual ~VirtualDisk() = default;

  virtual const DiskGeometry& geometry() const = 0;

  // Reads whole sectors: the newest version of each, whatever its layer.
  // Requires: out.size() is a multiple of the sector size; the range lies
  // within the disk.
  // Errors: kIo: the disk cannot be read there (an injected fault).
  virtual Status Read(uint64_t first_sector, MutableByteSpan out) = 0;

  // Makes a new version of each sector, at `layer`.
  // Requires: as Read; data is not empty; layer is not kMedia (write at the
  // device, then persist).
  // Errors: kIo: any part of it may have been applied; kFull: the disk has no
  // room, nothing was applied.
  virtual Status Write(uint64_t first_sector, ByteSpan data, Layer layer) = 0;

  // Carries the newest version written at an event <= `upto` (default: all so
  // far) of each sector to `to`: of the sectors in `scope` from any layer, or,
  // with no scope, of every sector whose version is at the layer just before.
  // Errors: kIo: nothing is promised, now or by a later success, of what was
  // covered.
  // Source: design.md section 3; Linux
  // Documentation/block/writeback_cache_control.rst (a flush covers what
  // completed before it was issued).
  virtual Status Persist(Layer to, const SectorSet* scope = nullptr,
                         std::optional<EventNumber> upto = std::nullopt) = 0;

  // Makes a new version of each sector, at the device layer, whose content is
  // zeros.
  // Errors: kIo.
  virtual Status Discard(SectorRange range) = 0;

  // A line of text among the events: an op begins or returned, an ack. Not a
  // disk event.
  virtual void Mark(std::string_view text) = 0;

  // Says, until the next call, where what is read goes: of a Read() whose
  // destination overlaps `buffer`, the bytes inside only become the content of
  // the observation's entry at `path` (empty: Observation::device) from byte
  // `offset_bytes` on, at the same distance as in `buffer`; those outside are
  // not looked at. Nothing else that the storage does or shows depends on
  // them. An empty buffer ends it.
  // Storage need never call it; a disk that changes what was read must not pass
  // it on.
  // Requires: the buffer stays where it is until then; what was read to a place
  // is what the observation has there.
  virtual void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                                 uint64_t offset_bytes) {
    (void)path;
    (void)buffer;
    (void)offset_bytes;
  }
  void EndCopyTarget() { DeclareCopyTarget({}, {}, 0); }
};

// Both sync steps of a file used as a device: persist to the device, then to
// the media.
inline Status SyncWholeDisk(VirtualDisk& disk) {
  POWERCUT_TRY(disk.Persist(Layer::kDevice));
  return disk.Persist(Layer::kMedia);
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_VIRTUAL_DISK_H_
