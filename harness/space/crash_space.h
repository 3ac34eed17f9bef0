// CrashSpace: the disks that a crash could leave, as versions of blocks.
//
// The disk is cut into *blocks*, aligned runs of `atomic` bytes that the device
// writes whole. Every write or discard that touches a block gives it a new
// version: the version before with the written sectors replaced. At a crash
// point each block independently holds one of its versions, from the floor of
// the crash kind up to the newest. That is the whole space; tearing inside
// blocks is added by the enumerator, on request.
//
// Blocks that the trace never touches have one version and do not appear. The
// others are numbered by *slot*, in the order of their place on the disk.
//
// Immutable after construction, except that it must not outlive its trace.

#ifndef POWERCUT_HARNESS_SPACE_CRASH_SPACE_H_
#define POWERCUT_HARNESS_SPACE_CRASH_SPACE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/trace/trace.h"

namespace powercut {

using Slot = uint32_t;
// Index into a block's versions; 0 is what the base holds.
using VersionIndex = uint32_t;

struct BlockVersion {
  EventNumber event = 0;               // that made it; 0 for the base
  const std::byte* content = nullptr;  // block_bytes() bytes, all of the block
  Hash128 hash;                        // of the content and the block's place
};

// The floor of `slot` becomes `version` with the event of the list it is in.
struct FloorRaise {
  EventNumber event = 0;
  Slot slot = 0;
  VersionIndex version = 0;
};

class CrashSpace {
 public:
  // `trace` must outlive this object. `atomic_bytes`: a power of two, at least
  // the sector. O(sectors written), plus the hashing of their bytes.
  CrashSpace(const Trace& trace, uint32_t atomic_bytes);
  CrashSpace(const CrashSpace&) = delete;
  CrashSpace& operator=(const CrashSpace&) = delete;

  const Trace& trace() const { return trace_; }
  uint32_t block_bytes() const { return block_bytes_; }
  uint32_t sectors_per_block() const { return sectors_per_block_; }

  Slot slot_count() const { return static_cast<Slot>(blocks_.size()); }
  // The block's number on the disk.
  uint64_t block(Slot slot) const { return blocks_[slot].number; }
  // The slot of the block that holds this sector.
  // Requires: the trace touches the block.
  Slot SlotOfSector(uint64_t sector) const;
  // The slot of this block; nothing if the trace never touches it.
  // O(log(blocks)).
  std::optional<Slot> FindSlot(uint64_t block) const;
  // The slots an event's range touches, as [first, last].
  // Requires: the event is a write or discard.
  std::pair<Slot, Slot> SlotsOf(EventNumber event) const;

  // In order of event.
  std::span<const BlockVersion> versions(Slot slot) const {
    return blocks_[slot].versions;
  }
  // The sectors of `slot`'s block that the version's event wrote, counted from
  // the block's first. Requires: version > 0.
  SectorRange WrittenSectors(Slot slot, VersionIndex version) const;

  // In order of event.
  std::span<const FloorRaise> floor_raises(CrashKind kind) const {
    return floor_raises_[static_cast<size_t>(kind)];
  }

 private:
  struct Block {
    uint64_t number = 0;
    std::vector<BlockVersion> versions;
  };

  void FindBlocks();
  void FindFirstSlots();
  void MakeVersions();
  void AddVersion(Slot slot, EventNumber number, const DiskEvent& event);
  void FindFloors();

  const Trace& trace_;
  uint32_t block_bytes_;
  uint32_t sectors_per_block_;
  std::vector<Block> blocks_;  // ascending by number
  // By event, from 1: the slot of its first block; unused for persists.
  std::vector<Slot> first_slots_;
  // Contents of versions that no single write holds whole. A deque, so that
  // they stay where they are.
  std::deque<Bytes> composed_;
  Bytes zeros_;
  std::array<std::vector<FloorRaise>, kCrashKinds.size()> floor_raises_;
};

// PointCursor: where a crash space stands at one crash point, for one kind.
class PointCursor {
 public:
  // Stands at point 0. `space` must outlive this object.
  PointCursor(const CrashSpace& space, CrashKind kind);

  // Moves to the point after `point` events. Forward costs what changed,
  // backward starts again.
  void MoveTo(EventNumber point);

  const CrashSpace& space() const { return *space_; }
  CrashKind kind() const { return kind_; }
  EventNumber point() const { return point_; }
  VersionIndex newest(Slot slot) const { return newest_[slot]; }
  VersionIndex floor(Slot slot) const { return floor_[slot]; }
  // The slots with more than one possible version, ascending.
  const std::set<Slot>& open() const { return open_; }
  // log2 of the number of states at this point. O(different numbers of versions
  // that open blocks have).
  double SpaceLog2() const;

  // Content hash of the image in which every block is at its newest version,
  // or at its floor: the exclusive or over all touched blocks.
  const Hash128& newest_hash() const { return newest_hash_; }
  const Hash128& floor_hash() const { return floor_hash_; }

 private:
  void Restart();
  void Step();
  // Takes a slot out of the counts before its newest or floor changes, and in
  // again after.
  void Uncount(Slot slot);
  void CountAgain(Slot slot);

  const CrashSpace* space_;
  CrashKind kind_;
  EventNumber point_ = 0;
  size_t next_raise_ = 0;
  std::vector<VersionIndex> newest_;
  std::vector<VersionIndex> floor_;
  std::set<Slot> open_;
  // How many open blocks have that many possible versions.
  std::map<uint32_t, uint32_t> open_by_versions_;
  Hash128 newest_hash_;
  Hash128 floor_hash_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_CRASH_SPACE_H_
