// The first of the two steps of a flush: PlanFlush() decides, when a flush is
// called, what it covers. CarryOut() (flush_carry.h) carries that when the
// flush returns.

#ifndef POWERCUT_BACKENDS_SIMFS_FLUSH_PLAN_H_
#define POWERCUT_BACKENDS_SIMFS_FLUSH_PLAN_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "backends/simfs/effects.h"
#include "backends/simfs/flush_rules.h"
#include "backends/simfs/live_state.h"

namespace powercut::simfs {

// What a flush is asked to cover.
struct FlushTarget {
  // The file or directory; kNoInode if the scope has none.
  InodeNumber inode = kNoInode;
  // For kRange and kView: bytes of the file, from `begin` up to `end`.
  uint64_t begin = 0;
  uint64_t end = 0;
  // For kView: the view.
  uint32_t view = 0;
  // For kOwn and kSyncedWrite: what the op wrote that carries itself.
  const OpEffects* own = nullptr;
  // For the bug kHandleFlushesOwn: only what was written through this handle
  // counts; 0 if everything does.
  uint32_t handle = 0;
};

struct FlushPlan {
  FlushRule rule;
  // The file or directory that the flush was called for; kNoInode if the scope
  // has none.
  InodeNumber inode = kNoInode;
  // The last event before the call.
  EventNumber called = 0;
  // The versions of sectors that the flush carries to the device.
  SectorVersions carried;
  // The records among them.
  std::set<RecordNumber> records;
  // The versions that the flush covers by itself. If the flush fails, they are
  // tainted. What an order implies is carried and not tainted: a later flush
  // that is called for it covers it.
  std::vector<VersionRef> covered;
  // Set if versions that are on the media already were left out of `covered`.
  std::optional<FlushTarget> left_out_of;
  // Stores that count as writes once the flush has returned.
  std::vector<VersionRef> stores;
  // What later records will need, if the flush is a barrier.
  RecordNeeds barrier;
  // For a flush that other ops may overlap: what was at the device at the call.
  std::optional<SectorVersions> at_device;
  // For a sync of the volume with metadata_commits: its number
  // (SyncLog::CallVolumeSync()).
  uint32_t volume_sync = 0;
  // LayeredDisk::carries() at the call.
  uint64_t carries = 0;
};

// Plans a flush. `overlapped` says that other ops may run before the plan is
// carried out. Changes nothing, except that the state forgets what is settled
// (LiveFile::open_atoms, LiveState::open_names).
// Requires: `state`, and what `target` points to, stay where they are until the
// plan is carried out.
// Cost: O(versions and names in the scope, and records that they need). If no
// op can overlap, those that are on the media cost nothing, but for the atoms
// of a small file.
FlushPlan PlanFlush(LiveState& state, const FlushRule& rule,
                    const FlushTarget& target, bool overlapped);

// What a flush covers, with what is on the media already, which PlanFlush() may
// leave out (FlushPlan::left_out_of). O(versions and names in the scope).
std::vector<VersionRef> AllCovered(LiveState& state, const FlushRule& rule,
                                   const FlushTarget& target);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_FLUSH_PLAN_H_
