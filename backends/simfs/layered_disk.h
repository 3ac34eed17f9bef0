// LayeredDisk: a VirtualDisk together with what its user knows of it: the
// number of each event, and how far each version of each sector has surely
// been carried.
//
// Requires: nothing else writes to the disk, and no event came before it was
// made (event numbers are counted here).

#ifndef POWERCUT_BACKENDS_SIMFS_LAYERED_DISK_H_
#define POWERCUT_BACKENDS_SIMFS_LAYERED_DISK_H_

#include <cstdint>
#include <map>
#include <vector>

#include "harness/disk/virtual_disk.h"

namespace powercut::simfs {

// Versions of sectors: the sector, and the event that wrote it.
using SectorVersions = std::map<uint64_t, EventNumber>;

class LayeredDisk {
 public:
  // `disk` must outlive this object.
  explicit LayeredDisk(VirtualDisk& disk) : disk_(disk) {}

  VirtualDisk& disk() { return disk_; }
  // The event of the last write, persist or discard.
  EventNumber now() const { return now_; }

  Status Read(uint64_t first_sector, MutableByteSpan out) {
    return disk_.Read(first_sector, out);
  }
  // At Layer::kProcess.
  Status Write(uint64_t first_sector, ByteSpan data);
  Status Discard(SectorRange range);

  // Carries each of `versions` to `to`, older ones first, so that a failure
  // leaves nothing carried that needs what was not. One event where every
  // version is the newest of its sector, else one for each event among the
  // others.
  Status Carry(const SectorVersions& versions, Layer to);
  // Flushes the device: what is at the device and was written by `upto`.
  Status FlushDevice(EventNumber upto);

  // The layer that this version, or a newer one, of the sector has reached;
  // event 0, the contents from the start, is on the media.
  Layer Reached(uint64_t sector, EventNumber event) const;
  // What a flush of the device would carry now.
  SectorVersions AtDevice() const;
  // Counts what reached the device or the media.
  uint64_t carries() const { return carries_; }

 private:
  struct Version {
    EventNumber event = 0;
    Layer layer = Layer::kProcess;
  };

  Status CarryGroup(const SectorSet& sectors, Layer to,
                    std::optional<EventNumber> upto);
  void Raise(uint64_t sector, EventNumber upto, Layer at_least, Layer to);

  VirtualDisk& disk_;
  EventNumber now_ = 0;
  uint64_t carries_ = 0;
  // Of sectors written, in order of event; those before one that is on the
  // media are forgotten.
  std::map<uint64_t, std::vector<Version>> versions_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_LAYERED_DISK_H_
