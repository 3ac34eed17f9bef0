// CrashSpace: the disks that a crash could leave, as versions of blocks
// (docs/crash_model.md 4).
//
// The disk is cut into *blocks*, aligned runs of `atomic` bytes that the device
// writes whole. Every write or discard that touches a block gives it a new
// version: the version before it, with the written sectors replaced. At a crash
// point each block independently holds one of its versions, from the floor of
// the crash kind up to the newest. The space has no other rule; tearing inside
// blocks is added by harness/space/enumerate.h, on request.
//
// Blocks that the trace never touches have one version and do not appear. The
// others are numbered by *slot*, in the order of their place on the disk.

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

// The number of a touched block, from 0.
using Slot = uint32_t;
// An index into a block's versions. Version 0 is what the base holds.
using VersionIndex = uint32_t;

struct BlockVersion {
  // The event that made the version; 0 for the base.
  EventNumber event = 0;
  // The whole block, block_bytes() bytes, which the trace or the space owns.
  const std::byte* content = nullptr;
  // HashBytes() of the content, seeded by the block's number.
  Hash128 hash;
};

// From event `event` on, the floor of `slot` is `version`.
struct FloorRaise {
  EventNumber event = 0;
  Slot slot = 0;
  VersionIndex version = 0;
};

// Immutable after construction.
class CrashSpace {
 public:
  // `trace` must outlive this object, which points into its data.
  // Requires: atomic_bytes is a power of two, and at least the sector size.
  // Cost: O(sectors written and persisted) and the hashing of every version.
  CrashSpace(const Trace& trace, uint32_t atomic_bytes);
  CrashSpace(const CrashSpace&) = delete;
  CrashSpace& operator=(const CrashSpace&) = delete;

  const Trace& trace() const { return trace_; }
  uint32_t block_bytes() const { return block_bytes_; }
  uint32_t sectors_per_block() const { return sectors_per_block_; }

  Slot slot_count() const { return static_cast<Slot>(blocks_.size() - 1); }
  // The number of the slot's block on the disk: its offset in blocks.
  uint64_t block(Slot slot) const { return blocks_[slot].number; }
  // The slot of the block that holds this sector. O(log(blocks)).
  // Requires: the trace touches the block.
  Slot SlotOfSector(uint64_t sector) const;
  // The slot of the block with this number; `std::nullopt` if the trace never
  // touches it. O(log(blocks)).
  std::optional<Slot> FindSlot(uint64_t block) const;
  // The first and the last slot that an event's range touches. All slots in
  // between are touched, too.
  // Requires: the event is a write or discard.
  std::pair<Slot, Slot> SlotsOf(EventNumber event) const;

  // The versions in the order of their events, the base first.
  std::span<const BlockVersion> versions(Slot slot) const {
    return std::span(versions_).subspan(
        blocks_[slot].begin, blocks_[slot + 1].begin - blocks_[slot].begin);
  }
  // The sectors of `slot`'s block that the version's event wrote, counted from
  // the block's first sector. Requires: version > 0.
  SectorRange WrittenSectors(Slot slot, VersionIndex version) const;

  // All changes of floors, in the order of their events. The floor of every
  // slot is version 0 before its first raise.
  std::span<const FloorRaise> floor_raises(CrashKind kind) const {
    return floor_raises_[static_cast<size_t>(kind)];
  }

 private:
  struct Block {
    uint64_t number = 0;
    // The index of its first version in `versions_`.
    uint64_t begin = 0;
  };

  // The steps of construction, in this order.
  void FindBlocks();
  void FindFirstSlots();
  void MakeVersions();
  void AddBase(Slot slot);
  void AddVersion(Slot slot, VersionIndex version, EventNumber number);
  void FindFloors();

  const Trace& trace_;
  uint32_t block_bytes_;
  uint32_t sectors_per_block_;
  // By slot, and so ascending by number. After the last slot comes one that is
  // no block: its number is greater than all others.
  std::vector<Block> blocks_;
  // The versions of all blocks, block by block.
  std::vector<BlockVersion> versions_;
  // By event, from 1: the slot of its first block; unused for persists.
  std::vector<Slot> first_slots_;
  // The contents of versions that no single write holds whole. It is a deque so
  // that growing does not move them.
  std::deque<Bytes> composed_;
  // One block of zeros, the content of every version that is all zeros in the
  // base or that a discard covers whole.
  Bytes zeros_;
  std::array<std::vector<FloorRaise>, kCrashKinds.size()> floor_raises_;
};

// PointCursor: the possible versions of all blocks at one crash point, for one
// kind of crash. It moves from point to point.
class PointCursor {
 public:
  // Begins at point 0. `space` must outlive this object.
  PointCursor(const CrashSpace& space, CrashKind kind);

  // Moves to the point after `point` events. Costs O(log(blocks)) for each
  // version and each floor that changes in between. Moving backward starts
  // again from point 0 where that is the shorter way, which costs O(blocks),
  // too. Requires: point is at most the trace's event_count().
  void MoveTo(EventNumber point);

  const CrashSpace& space() const { return *space_; }
  CrashKind kind() const { return kind_; }
  EventNumber point() const { return point_; }
  VersionIndex newest(Slot slot) const { return newest_[slot]; }
  VersionIndex floor(Slot slot) const { return floor_[slot]; }
  // The slots of the open blocks, which have more than one possible version, in
  // ascending order.
  const std::set<Slot>& open() const { return open_; }
  // log2 of the number of states at this point. O(n), where n is the number of
  // different counts of versions that open blocks have.
  double SpaceLog2() const;

  // Names the image in which every block is at its newest version, or at its
  // floor. It is the exclusive or, over all touched blocks, of the hash of the
  // block's version and the hash of its base version. So the base itself has
  // the hash zero, and hashes of one space can be compared across points and
  // kinds.
  const Hash128& newest_hash() const { return newest_hash_; }
  const Hash128& floor_hash() const { return floor_hash_; }

 private:
  void Restart();
  // Move over one event, and back over the last one.
  void Step();
  void StepBack();
  void SetNewest(Slot slot, VersionIndex version);
  void SetFloor(Slot slot, VersionIndex version);
  // Remove a slot from the counts before its newest version or its floor
  // changes, and add it again afterwards.
  void Uncount(Slot slot);
  void CountAgain(Slot slot);

  const CrashSpace* space_;
  CrashKind kind_;
  EventNumber point_ = 0;
  // The index of the first floor raise after the point.
  size_t next_raise_ = 0;
  // For each floor raise up to the point: the floor before it.
  std::vector<VersionIndex> floors_before_;
  // By slot.
  std::vector<VersionIndex> newest_;
  std::vector<VersionIndex> floor_;
  std::set<Slot> open_;
  // By a number of versions: how many open blocks have this many possible ones.
  std::map<uint32_t, uint32_t> open_by_versions_;
  Hash128 newest_hash_;
  Hash128 floor_hash_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_CRASH_SPACE_H_
