// VirtualDisk: the only way in which a backend reaches its storage.
//
// A disk is an array of sectors. What a backend writes is at first only at the
// layer that the write names (harness/base/crash_kind.h). A crash may undo the
// write until a persist event has carried it to a layer that survives this kind
// of crash.
//
// RecordingDisk implements it by appending to a trace, and CrashDisk by a crash
// image during recovery. FaultDisk stands between a backend and either of them
// and breaks as it is told. A backend cannot tell them apart.

#ifndef POWERCUT_HARNESS_DISK_VIRTUAL_DISK_H_
#define POWERCUT_HARNESS_DISK_VIRTUAL_DISK_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/base/bytes.h"
#include "harness/base/crash_kind.h"
#include "harness/base/result.h"
#include "harness/base/shown_part.h"
#include "harness/disk/sector_set.h"

namespace powercut {

class LentDisk;

struct DiskGeometry {
  // A power of two from 512 to 4096.
  uint32_t sector_bytes = 512;
  uint64_t sector_count = 0;

  uint64_t size_bytes() const { return sector_count * sector_bytes; }
  auto operator<=>(const DiskGeometry&) const = default;
};

// The number of a disk event (a write, a persist or a discard), counted from 1
// over the life of a disk. 0 means that there was no event yet.
using EventNumber = uint32_t;

// Not thread-safe: one caller at a time.
class VirtualDisk {
 public:
  VirtualDisk() = default;
  VirtualDisk(const VirtualDisk&) = delete;
  VirtualDisk& operator=(const VirtualDisk&) = delete;
  virtual ~VirtualDisk() = default;

  virtual const DiskGeometry& geometry() const = 0;

  // Reads whole sectors: the newest version of each, at whatever layer it is.
  // Requires: out.size() is a multiple of the sector size; the range lies
  // within the disk.
  // Errors: kIo if the disk cannot be read there (an injected fault, or a
  // recovery that made too many requests).
  virtual Status Read(uint64_t first_sector, MutableByteSpan out) = 0;

  // Makes a new version of each sector, at `layer`.
  // Requires: data.size() is a positive multiple of the sector size; the range
  // lies within the disk; `layer` is not kMedia (to write there, write at the
  // device and then persist).
  // Errors: kIo, after which any part of the data may have been written; kFull
  // if the disk has no room, after which no part was written.
  virtual Status Write(uint64_t first_sector, ByteSpan data, Layer layer) = 0;

  // Carries versions of sectors to the layer `to`. For each sector this is the
  // newest version that was written at an event up to `upto`; `std::nullopt`
  // means all events so far. If there is a `scope`, the versions of its sectors
  // are carried from any layer. If `scope` is `nullptr`, only versions that are
  // at the layer just before `to` are carried, for all sectors.
  // Requires: `to` is not kProcess; the scope lies within the disk.
  // Errors: kIo, after which nothing is promised about the versions that would
  // have been carried, not even by a later success.
  // Source: docs/crash_model.md 3; Linux
  // Documentation/block/writeback_cache_control.rst (a flush covers what
  // completed before it was issued).
  virtual Status Persist(Layer to, const SectorSet* scope = nullptr,
                         std::optional<EventNumber> upto = std::nullopt) = 0;

  // Makes a new version of each sector, at the device, whose content is zeros.
  // Requires: the range is not empty and lies within the disk.
  // Errors: kIo.
  virtual Status Discard(SectorRange range) = 0;

  // Puts a line of text among the events, such as the begin or the return of an
  // op or an ack. It is not a disk event.
  virtual void Mark(std::string_view text) = 0;

  // Declares that the storage does not look at what it reads into `buffer`: the
  // bytes only become the content of the observation's entry at `path`. An
  // empty `path` means Observation::device. Byte i of the buffer is byte
  // `offset_bytes` + i of that content. This holds for every Read() whose
  // destination overlaps `buffer`, until the next call; bytes that such a read
  // puts outside the buffer are dropped by the storage. An empty buffer ends
  // the declaration.
  //
  // Crash states that differ only in such bytes need no run of their own
  // (docs/crash_model.md 5, Copied data). Storage need never call it. A disk
  // that changes what was read must not pass it on.
  // Requires: the buffer stays valid until the next call; nothing else that the
  // storage does or shows depends on the bytes; the observation has the bytes
  // that were read to a place at the place declared for them.
  virtual void DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                                 uint64_t offset_bytes) {
    (void)path;
    (void)buffer;
    (void)offset_bytes;
  }
  // The disk as one that can be copied (harness/disk/lent_disk.h), for storage
  // to which this class is no path to its bytes. `nullptr` if every request
  // must come here: where faults fall, or where writes are kept. The same until
  // a recovery is over.
  virtual LentDisk* Lend() { return nullptr; }
  void EndCopyTarget() { DeclareCopyTarget({}, {}, 0); }

  // Declares that what is read until the next call is for this part of the
  // observation alone. Part kWhole, which is in force at first, ends the
  // declaration.
  //
  // Parts that no rule ties to each other are explored apart
  // (docs/crash_model.md 5, Independent parts). Storage need never call it. A
  // disk on which the answer to a read depends on the reads before it must not
  // pass it on.
  // Requires: what the observation shows of the part, and what is read for it,
  // follows from the contents of the sectors read for this part and for kWhole.
  // So storage that keeps what it read, and uses it for a second part, reads it
  // again for that part.
  virtual void DeclarePart(ShownPart part) { (void)part; }
};

// What a sync of a file that serves as a disk does: it persists everything to
// the device, and then to the media.
// Errors: as VirtualDisk::Persist().
inline Status SyncWholeDisk(VirtualDisk& disk) {
  POWERCUT_TRY(disk.Persist(Layer::kDevice));
  return disk.Persist(Layer::kMedia);
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_VIRTUAL_DISK_H_
