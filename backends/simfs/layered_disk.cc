// Each sector that was written has a list of versions with their layers. A
// persist raises the layer of the newest version that it covers, and versions
// older than one on the media are dropped.
//
// Example: events 5 and 8 write a sector, and event 9 carries the sector up to
// event 5 to the media. The list is then {5 on the media, 8 at the process}:
// the version of event 5 is durable, and the one of event 8 can be lost.

#include "backends/simfs/layered_disk.h"

#include <algorithm>
#include <utility>

#include "backends/simfs/layout.h"

namespace powercut::simfs {

Status LayeredDisk::Write(uint64_t first_sector, ByteSpan data) {
  POWERCUT_TRY(disk_.Write(first_sector, data, Layer::kProcess));
  ++now_;
  for (uint64_t i = 0; i < data.size() / kSimfsSectorBytes; ++i) {
    Add(first_sector + i, {now_, Layer::kProcess});
  }
  return Ok{};
}

Status LayeredDisk::Discard(SectorRange range) {
  POWERCUT_TRY(disk_.Discard(range));
  ++now_;
  ++carries_;
  for (uint64_t sector = range.first; sector < range.end(); ++sector) {
    Add(sector, {now_, Layer::kDevice});
  }
  return Ok{};
}

Status LayeredDisk::Carry(const SectorVersions& versions, Layer to) {
  std::map<EventNumber, SectorSet> older;
  SectorSet newest;
  for (const auto& [sector, event] : versions) {
    const Written* const written = Find(sector);
    // Contents from before the mount are durable already.
    if (written == nullptr || event == 0) continue;
    const bool is_newest = written->newest.event == event;
    (is_newest ? newest : older[event]).Add({sector, 1});
  }
  // A persist has one limit for all its sectors, hence one request for each
  // event.
  for (const auto& [event, sectors] : older) {
    POWERCUT_TRY(CarryGroup(sectors, to, event));
  }
  if (newest.empty()) return Ok{};
  return CarryGroup(newest, to, std::nullopt);
}

Status LayeredDisk::CarryGroup(const SectorSet& sectors, Layer to,
                               std::optional<EventNumber> upto) {
  POWERCUT_TRY(disk_.Persist(to, &sectors, upto));
  const EventNumber before = now_++;
  if (to >= Layer::kDevice) ++carries_;
  sectors.ForEachRange([&](SectorRange range) {
    for (uint64_t sector = range.first; sector < range.end(); ++sector) {
      Raise(sector, upto.value_or(before), Layer::kProcess, to);
      if (to == Layer::kDevice) at_device_.insert(sector);
    }
  });
  return Ok{};
}

Status LayeredDisk::FlushDevice(EventNumber upto) {
  POWERCUT_TRY(disk_.Persist(Layer::kMedia, nullptr, upto));
  ++now_;
  ++carries_;
  // A persist without a scope takes only what is at the device.
  std::erase_if(at_device_, [&](uint64_t sector) {
    Raise(sector, upto, Layer::kDevice, Layer::kMedia);
    return !HasVersionAtDevice(*Find(sector));
  });
  return Ok{};
}

bool LayeredDisk::HasVersionAtDevice(const Written& written) {
  const auto at_device = [](const Version& version) {
    return version.layer == Layer::kDevice;
  };
  return at_device(written.newest) ||
         std::ranges::any_of(written.older, at_device);
}

void LayeredDisk::Raise(uint64_t sector, EventNumber upto, Layer at_least,
                        Layer to) {
  Written& written = *Find(sector);
  const auto carries = [&](const Version& v) {
    return v.event <= upto && v.layer >= at_least;
  };
  if (carries(written.newest)) {
    written.newest.layer = std::max(written.newest.layer, to);
    if (written.newest.layer < Layer::kMedia) return;
    written.older = {};
    return;
  }
  const auto found =
      std::find_if(written.older.rbegin(), written.older.rend(), carries);
  if (found == written.older.rend()) return;
  found->layer = std::max(found->layer, to);
  if (found->layer == Layer::kMedia) {
    written.older.erase(written.older.begin(), found.base() - 1);
  }
}

Layer LayeredDisk::Reached(uint64_t sector, EventNumber event) const {
  if (event == 0) return Layer::kMedia;
  Layer reached = Layer::kProcess;
  const Written* const written = Find(sector);
  if (written == nullptr) return Layer::kMedia;
  // A newer version that has gone further makes this one safe, too: a crash
  // leaves that version or one after it.
  const auto see = [&](const Version& version) {
    if (version.event >= event) reached = std::max(reached, version.layer);
  };
  std::ranges::for_each(written->older, see);
  see(written->newest);
  return reached;
}

SectorVersions LayeredDisk::AtDevice() const {
  SectorVersions at;
  for (const auto& [number, sectors] : written_) {
    for (uint64_t i = 0; i < kSectorsTogether; ++i) {
      const auto see = [&](const Version& version) {
        if (version.event == 0 || version.layer < Layer::kDevice) return;
        at[number * kSectorsTogether + i] = version.event;
      };
      std::ranges::for_each(sectors[i].older, see);
      see(sectors[i].newest);
    }
  }
  return at;
}

LayeredDisk::Written* LayeredDisk::Find(uint64_t sector) {
  return const_cast<Written*>(std::as_const(*this).Find(sector));
}

const LayeredDisk::Written* LayeredDisk::Find(uint64_t sector) const {
  const auto found = written_.find(sector / kSectorsTogether);
  if (found == written_.end()) return nullptr;
  const Written& written = found->second[sector % kSectorsTogether];
  return written.newest.event == 0 ? nullptr : &written;
}

void LayeredDisk::Add(uint64_t sector, Version version) {
  Written& written =
      written_[sector / kSectorsTogether][sector % kSectorsTogether];
  if (written.newest.event != 0) written.older.push_back(written.newest);
  written.newest = version;
  if (version.layer == Layer::kDevice) at_device_.insert(sector);
}

}  // namespace powercut::simfs
