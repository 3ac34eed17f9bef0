// How the crash space of a trace is found. Construction goes over the trace
// four times: which blocks it touches (FindBlocks), where each event begins
// among them (FindFirstSlots), what each event makes of its blocks
// (MakeVersions), and which versions each event makes safe (FindFloors).
//
// Versions belong to blocks, but layers belong to sectors: a persist event may
// carry one sector of a block alone. So SectorLayers follows every sector
// through the layers. When a version of a sector reaches a layer that survives
// a kind of crash, the block's floor for that kind becomes the version that the
// same event made, since no older version of the block holds these bytes.
//
// Example, with blocks of one sector:
//
//   1 write   device  sector 8
//   2 write   device  sectors 8 and 9
//   3 persist media   all
//   4 write   device  sector 9
//
// The block of sector 8 (slot 0) has the versions base, event 1, event 2. The
// block of sector 9 (slot 1) has base, event 2, event 4. For a power loss, only
// event 3 raises floors: slot 0 to version 2, slot 1 to version 1. For a crash
// of the system, each write at the device raises them at once. So these
// versions are possible after a power loss (floor..newest):
//
//   point      1     2     3     4
//   slot 0     0..1  0..2  2..2  2..2
//   slot 1     0..0  0..1  1..1  1..2
//   states     2     6     1     2
//
// PointCursor walks along this table. It keeps, beside newest and floor, what
// follows from them and is asked for at every point: the open slots, their
// number of states, and the hashes of two images.

#include "harness/space/crash_space.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace powercut {
namespace {

// SectorLayers: follows each sector's versions through the layers, by the rules
// of docs/crash_model.md 3. Once a version reaches the media, it and all older
// ones of its sector are forgotten, since they can raise no floor any more.
class SectorLayers {
 public:
  // For sectors that are numbered from 0 to `sectors` - 1.
  explicit SectorLayers(size_t sectors) : newest_(sectors, kNone) {}

  // A write or a discard. Events must come in ascending order.
  void Write(uint32_t sector, EventNumber event, Layer layer) {
    versions_.push_back({event, newest_[sector], layer});
    Note(sector, layer);
    newest_[sector] = static_cast<uint32_t>(versions_.size() - 1);
  }

  // A persist of all sectors, from the layer just before `to`. Calls
  // raised(sector, event, to) for each version that is carried.
  template <class Raised>
  void PersistAll(Layer to, EventNumber upto, Raised raised) {
    const Layer before = static_cast<Layer>(static_cast<uint8_t>(to) - 1);
    // Only a version that is just before the layer can come to it. Visiting
    // these sectors, in a fixed order, keeps flushes cheap in a long trace of
    // which much was never flushed, and the floor raises the same in every run.
    std::vector<uint32_t>& open = open_[static_cast<size_t>(before)];
    std::sort(open.begin(), open.end());
    open.erase(std::unique(open.begin(), open.end()), open.end());
    std::erase_if(open, [&](uint32_t sector) {
      Carry(sector, to, upto, before, raised);
      return !HasVersionAt(sector, before);
    });
  }

  // A persist that names the sector, from any layer. Calls `raised` likewise.
  template <class Raised>
  void PersistSector(uint32_t sector, Layer to, EventNumber upto,
                     Raised raised) {
    Carry(sector, to, upto, Layer::kProcess, raised);
  }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // A version that has not reached the media, and the layer that it has surely
  // reached. The versions of a sector are a list from the newest to the oldest.
  struct Version {
    EventNumber event;
    uint32_t older;  // The index of the sector's version before, or kNone.
    Layer layer;
  };

  // Carries the newest version that was written by `upto` and is at the layer
  // `at_least` or beyond. Newer versions stay where they are.
  template <class Raised>
  void Carry(uint32_t sector, Layer to, EventNumber upto, Layer at_least,
             Raised raised) {
    uint32_t* link = &newest_[sector];
    while (*link != kNone) {
      Version& version = versions_[*link];
      if (version.event <= upto && version.layer >= at_least) {
        if (version.layer < to) {
          version.layer = to;
          Note(sector, to);
          raised(sector, version.event, to);
        }
        // Cuts the list here: this version and the older ones are forgotten.
        if (to == Layer::kMedia) *link = kNone;
        return;
      }
      link = &version.older;
    }
  }

  void Note(uint32_t sector, Layer layer) {
    if (layer < Layer::kMedia) {
      open_[static_cast<size_t>(layer)].push_back(sector);
    }
  }

  bool HasVersionAt(uint32_t sector, Layer layer) const {
    for (uint32_t at = newest_[sector]; at != kNone; at = versions_[at].older) {
      if (versions_[at].layer == layer) return true;
    }
    return false;
  }

  // The versions of all sectors, in the order in which they were written.
  std::vector<Version> versions_;
  // By sector: the index of its newest version, or kNone.
  std::vector<uint32_t> newest_;
  // By layer: all sectors that have a version there. A list may hold other
  // sectors, and a sector twice, until PersistAll() tidies it.
  std::array<std::vector<uint32_t>, static_cast<size_t>(Layer::kMedia)> open_;
};

}  // namespace

CrashSpace::CrashSpace(const Trace& trace, uint32_t atomic_bytes)
    : trace_(trace),
      block_bytes_(atomic_bytes),
      sectors_per_block_(atomic_bytes / trace.geometry().sector_bytes) {
  POWERCUT_CHECK(std::has_single_bit(atomic_bytes));
  POWERCUT_CHECK(sectors_per_block_ >= 1);
  FindBlocks();
  FindFirstSlots();
  MakeVersions();
  FindFloors();
}

std::optional<Slot> CrashSpace::FindSlot(uint64_t block) const {
  const auto found = std::lower_bound(
      blocks_.begin(), blocks_.end() - 1, block,
      [](const Block& b, uint64_t number) { return b.number < number; });
  if (found->number != block) return std::nullopt;
  return static_cast<Slot>(found - blocks_.begin());
}

Slot CrashSpace::SlotOfSector(uint64_t sector) const {
  const std::optional<Slot> slot = FindSlot(sector / sectors_per_block_);
  POWERCUT_CHECK(slot);
  return *slot;
}

std::pair<Slot, Slot> CrashSpace::SlotsOf(EventNumber event) const {
  const SectorRange& range = trace_.event(event).range;
  // The event touches every block of its range, so their slots are adjacent.
  const Slot first = first_slots_[event];
  const uint64_t blocks = (range.end() - 1) / sectors_per_block_ -
                          range.first / sectors_per_block_ + 1;
  return {first, first + static_cast<Slot>(blocks) - 1};
}

SectorRange CrashSpace::WrittenSectors(Slot slot, VersionIndex version) const {
  POWERCUT_CHECK(version > 0);
  const SectorRange& range = trace_.event(versions(slot)[version].event).range;
  const uint64_t block_first = blocks_[slot].number * sectors_per_block_;
  const uint64_t first = std::max(range.first, block_first);
  const uint64_t end = std::min(range.end(), block_first + sectors_per_block_);
  return {first - block_first, end - first};
}

void CrashSpace::FindBlocks() {
  // A sorted list takes less memory than a set would.
  std::vector<uint64_t> numbers;
  for (EventNumber number = 1; number <= trace_.event_count(); ++number) {
    const DiskEvent& event = trace_.event(number);
    if (event.kind == DiskEvent::kPersist) continue;
    const uint64_t last = (event.range.end() - 1) / sectors_per_block_;
    for (uint64_t b = event.range.first / sectors_per_block_; b <= last; ++b) {
      numbers.push_back(b);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  // Each time that a number is listed is a version beside that of the base.
  uint64_t begin = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i == 0 || numbers[i] != numbers[i - 1]) {
      blocks_.push_back({numbers[i], begin++});
    }
    ++begin;
  }
  blocks_.push_back({~uint64_t{0}, begin});
  blocks_.shrink_to_fit();
}

void CrashSpace::FindFirstSlots() {
  first_slots_.resize(trace_.event_count() + 1);
  for (EventNumber number = 1; number <= trace_.event_count(); ++number) {
    const DiskEvent& event = trace_.event(number);
    if (event.kind == DiskEvent::kPersist) continue;
    first_slots_[number] = SlotOfSector(event.range.first);
  }
}

void CrashSpace::MakeVersions() {
  zeros_.resize(block_bytes_);
  versions_.resize(blocks_.back().begin);
  for (Slot slot = 0; slot < slot_count(); ++slot) AddBase(slot);
  std::vector<VersionIndex> newest(slot_count());
  for (EventNumber number = 1; number <= trace_.event_count(); ++number) {
    if (trace_.event(number).kind == DiskEvent::kPersist) continue;
    const auto [first, last] = SlotsOf(number);
    for (Slot slot = first; slot <= last; ++slot) {
      AddVersion(slot, ++newest[slot], number);
    }
  }
}

void CrashSpace::AddBase(Slot slot) {
  const Block& block = blocks_[slot];
  Bytes base(block_bytes_);
  // A disk need not be a whole number of blocks. What the last block has
  // beyond the end of the disk reads as zeros.
  const uint64_t offset = block.number * block_bytes_;
  const uint64_t size =
      std::min<uint64_t>(block_bytes_, trace_.base().size_bytes() - offset);
  trace_.base().Read(offset, MutableByteSpan(base).first(size));
  std::fill(base.begin() + static_cast<ptrdiff_t>(size), base.end(),
            std::byte{0});
  const std::byte* content =
      AllZero(base) ? zeros_.data() : composed_.emplace_back(base).data();
  versions_[block.begin] = {0, content, HashBytes(base, block.number)};
}

// Adds the version that an event makes of a block, after the older ones.
void CrashSpace::AddVersion(Slot slot, VersionIndex version,
                            EventNumber number) {
  const Block& block = blocks_[slot];
  const DiskEvent& event = trace_.event(number);
  const uint32_t sector_bytes = trace_.geometry().sector_bytes;
  BlockVersion& added = versions_[block.begin + version];
  // WrittenSectors() needs to know the event.
  added.event = number;
  const SectorRange within = WrittenSectors(slot, version);
  const uint64_t from =
      (block.number * sectors_per_block_ + within.first - event.range.first) *
      sector_bytes;
  // Most versions need no memory of their own: the trace, or the block of
  // zeros, holds their content.
  const bool whole = within.count == sectors_per_block_;
  if (whole && event.kind == DiskEvent::kWrite) {
    added.content = trace_.data(event).data() + from;
  } else if (whole) {
    added.content = zeros_.data();
  } else {
    const std::byte* before = versions_[block.begin + version - 1].content;
    Bytes& content = composed_.emplace_back(before, before + block_bytes_);
    std::byte* to = content.data() + within.first * sector_bytes;
    if (event.kind == DiskEvent::kWrite) {
      std::memcpy(to, trace_.data(event).data() + from,
                  within.count * sector_bytes);
    } else {
      std::memset(to, 0, within.count * sector_bytes);
    }
    added.content = content.data();
  }
  added.hash = HashBytes({added.content, block_bytes_}, block.number);
}

void CrashSpace::FindFloors() {
  const uint64_t per_block = sectors_per_block_;
  SectorLayers layers(slot_count() * per_block);
  std::vector<std::array<VersionIndex, kCrashKinds.size()>> floors(
      slot_count());
  EventNumber now = 0;
  // The version that `event` made of a sector has reached `to`. Sectors are
  // numbered by slot, and within it from the block's first.
  const auto raised = [&](uint32_t sector, EventNumber event, Layer to) {
    const auto slot = static_cast<Slot>(sector / per_block);
    const auto versions = this->versions(slot);
    const auto found = std::lower_bound(
        versions.begin(), versions.end(), event,
        [](const BlockVersion& v, EventNumber e) { return v.event < e; });
    const auto version = static_cast<VersionIndex>(found - versions.begin());
    for (const CrashKind kind : kCrashKinds) {
      VersionIndex& floor = floors[slot][static_cast<size_t>(kind)];
      // Another sector of the block may have raised its floor further.
      if (SurvivingLayer(kind) > to || version <= floor) continue;
      floor = version;
      floor_raises_[static_cast<size_t>(kind)].push_back({now, slot, version});
    }
  };
  for (now = 1; now <= trace_.event_count(); ++now) {
    const DiskEvent& event = trace_.event(now);
    if (event.kind == DiskEvent::kPersist && !event.scope) {
      layers.PersistAll(event.layer, event.upto, raised);
      continue;
    }
    if (event.kind == DiskEvent::kPersist) {
      trace_.scope(event).ForEachRange([&](SectorRange range) {
        for (uint64_t s = range.first; s < range.end(); ++s) {
          // A scope may name sectors that nobody wrote.
          const std::optional<Slot> slot = FindSlot(s / per_block);
          if (!slot) continue;
          layers.PersistSector(
              static_cast<uint32_t>(*slot * per_block + s % per_block),
              event.layer, event.upto, raised);
        }
      });
    } else {
      // The event's blocks have adjacent slots, so that its sectors have
      // adjacent numbers.
      const auto [first, last] = SlotsOf(now);
      const uint64_t begin = first * per_block + event.range.first % per_block;
      for (uint64_t s = begin; s < begin + event.range.count; ++s) {
        layers.Write(static_cast<uint32_t>(s), now, event.layer);
      }
      // A version is as safe as the layer at which it was written. One sector
      // stands for the block, since all of them are of this event.
      for (Slot slot = first; slot <= last; ++slot) {
        raised(static_cast<uint32_t>(slot * per_block), now, event.layer);
      }
    }
  }
}

PointCursor::PointCursor(const CrashSpace& space, CrashKind kind)
    : space_(&space), kind_(kind) {
  Restart();
}

void PointCursor::Restart() {
  point_ = 0;
  next_raise_ = 0;
  floors_before_.clear();
  newest_.assign(space_->slot_count(), 0);
  floor_.assign(space_->slot_count(), 0);
  open_.clear();
  open_by_versions_.clear();
  // A step exchanges the hash of one version for that of another, so that each
  // block contributes the difference from its base version.
  newest_hash_ = {};
  floor_hash_ = {};
}

void PointCursor::MoveTo(EventNumber point) {
  POWERCUT_CHECK(point <= space_->trace().event_count());
  if (point < point_ && point < point_ - point) Restart();
  while (point_ > point) StepBack();
  while (point_ < point) Step();
}

void PointCursor::Uncount(Slot slot) {
  const uint32_t versions = newest_[slot] - floor_[slot] + 1;
  if (versions == 1) return;
  // No count of zero stays, so that the map has few entries.
  const auto counted = open_by_versions_.find(versions);
  if (--counted->second == 0) open_by_versions_.erase(counted);
}

void PointCursor::CountAgain(Slot slot) {
  const uint32_t versions = newest_[slot] - floor_[slot] + 1;
  if (versions == 1) {
    open_.erase(slot);
    return;
  }
  ++open_by_versions_[versions];
  open_.insert(slot);
}

void PointCursor::SetNewest(Slot slot, VersionIndex version) {
  const auto versions = space_->versions(slot);
  Uncount(slot);
  newest_hash_ ^= versions[newest_[slot]].hash;
  newest_hash_ ^= versions[version].hash;
  newest_[slot] = version;
  CountAgain(slot);
}

void PointCursor::SetFloor(Slot slot, VersionIndex version) {
  const auto versions = space_->versions(slot);
  Uncount(slot);
  floor_hash_ ^= versions[floor_[slot]].hash;
  floor_hash_ ^= versions[version].hash;
  floor_[slot] = version;
  CountAgain(slot);
}

void PointCursor::Step() {
  ++point_;
  if (space_->trace().event(point_).kind != DiskEvent::kPersist) {
    const auto [first, last] = space_->SlotsOf(point_);
    for (Slot slot = first; slot <= last; ++slot) {
      SetNewest(slot, newest_[slot] + 1);
    }
  }
  // After the new versions: an event that writes at a safe layer raises floors
  // to the versions that it made.
  const auto raises = space_->floor_raises(kind_);
  for (; next_raise_ < raises.size() && raises[next_raise_].event == point_;
       ++next_raise_) {
    const FloorRaise& raise = raises[next_raise_];
    floors_before_.push_back(floor_[raise.slot]);
    SetFloor(raise.slot, raise.version);
  }
}

// Undoes what Step() did, the last change first: a floor is never above the
// newest version.
void PointCursor::StepBack() {
  const auto raises = space_->floor_raises(kind_);
  for (; next_raise_ > 0 && raises[next_raise_ - 1].event == point_;
       --next_raise_) {
    SetFloor(raises[next_raise_ - 1].slot, floors_before_.back());
    floors_before_.pop_back();
  }
  if (space_->trace().event(point_).kind != DiskEvent::kPersist) {
    const auto [first, last] = space_->SlotsOf(point_);
    for (Slot slot = first; slot <= last; ++slot) {
      SetNewest(slot, newest_[slot] - 1);
    }
  }
  --point_;
}

double PointCursor::SpaceLog2() const {
  double log2 = 0;
  for (const auto& [versions, blocks] : open_by_versions_) {
    log2 += std::log2(versions) * blocks;
  }
  return log2;
}

}  // namespace powercut
