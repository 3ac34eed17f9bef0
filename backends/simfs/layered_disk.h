// LayeredDisk: a VirtualDisk together with what its user knows about it: the
// number of each event, and the layer that each version of each sector has
// certainly reached.
//
// Event numbers are counted here; a request that failed counts as no event.
// Requires: nobody else writes to the disk, and the disk had no event before
// this object was made.

#ifndef POWERCUT_BACKENDS_SIMFS_LAYERED_DISK_H_
#define POWERCUT_BACKENDS_SIMFS_LAYERED_DISK_H_

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "harness/disk/virtual_disk.h"

namespace powercut::simfs {

// Versions of sectors: each sector with the event that wrote the version.
using SectorVersions = std::map<uint64_t, EventNumber>;

class LayeredDisk {
 public:
  // `disk` must outlive this object.
  explicit LayeredDisk(VirtualDisk& disk) : disk_(disk) {}

  VirtualDisk& disk() { return disk_; }
  // Returns the number of the last event: a write, a persist or a discard.
  EventNumber now() const { return now_; }

  Status Read(uint64_t first_sector, MutableByteSpan out) {
    return disk_.Read(first_sector, out);
  }
  // Writes at Layer::kProcess.
  // Errors: those of VirtualDisk::Write(); no version is noted then.
  Status Write(uint64_t first_sector, ByteSpan data);
  // Discards a range. The zeros are at the device at once.
  // Errors: those of VirtualDisk::Discard().
  Status Discard(SectorRange range);

  // Carries each of `versions` to `to`. A version that is not the newest of its
  // sector is carried up to its own event, so that what was written later stays
  // where it is. Older versions go first, in the order of their events: if the
  // disk fails, nothing was carried that needs something that was not. Versions
  // from before this object was made are passed over. All versions that are the
  // newest of their sectors take one event together, and the others take one
  // event for each different event among them.
  // Errors: those of VirtualDisk::Persist(); some versions may be carried then.
  Status Carry(const SectorVersions& versions, Layer to);
  // Flushes the device: carries to the media, for each sector, the newest
  // version at the device that was written by event `upto`. O(sectors that came
  // to the device since the last flush).
  // Errors: those of VirtualDisk::Persist().
  Status FlushDevice(EventNumber upto);

  // Returns the deepest layer that this version of the sector, or a newer one,
  // has reached. Contents from before this object was made (event 0) are on the
  // media.
  Layer Reached(uint64_t sector, EventNumber event) const;
  // Returns the newest version of each sector that is at the device or on the
  // media:
  // what a flush of the device would make durable now. O(versions kept).
  SectorVersions AtDevice() const;
  // Counts the events that brought something to the device or the media. If the
  // count has not changed, neither has what is at the device.
  uint64_t carries() const { return carries_; }

 private:
  struct Version {
    EventNumber event = 0;
    Layer layer = Layer::kProcess;
  };
  // The versions of a sector. Versions before one that is on the media are
  // dropped, since no crash can leave them.
  struct Written {
    // The event is 0 if the sector was never written.
    Version newest;
    // The others, in the order of their events. Most sectors have none.
    std::vector<Version> older;
  };
  static constexpr uint64_t kSectorsTogether = 64;

  // `nullptr` if the sector was never written.
  Written* Find(uint64_t sector);
  const Written* Find(uint64_t sector) const;
  void Add(uint64_t sector, Version version);
  Status CarryGroup(const SectorSet& sectors, Layer to,
                    std::optional<EventNumber> upto);
  void Raise(uint64_t sector, EventNumber upto, Layer at_least, Layer to);
  static bool HasVersionAtDevice(const Written& written);

  VirtualDisk& disk_;
  EventNumber now_ = 0;
  uint64_t carries_ = 0;
  // Sector n is in entry n / kSectorsTogether: a large trace writes each of a
  // million sectors once.
  std::map<uint64_t, std::array<Written, kSectorsTogether>> written_;
  // All sectors that have a version at the device, and others: a flush need not
  // pass all sectors that were ever written.
  std::set<uint64_t> at_device_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_LAYERED_DISK_H_
