// Flushes in two steps: what a flush covers is settled when it is called, and
// carried when it returns.

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
  InodeNumber inode = kNoInode;  // of a file or directory
  // kRange, kView: bytes of the file.
  uint64_t begin = 0;
  uint64_t end = 0;
  uint32_t view = 0;
  // kOwn: the op that calls it.
  const OpEffects* own = nullptr;
  // kHandleFlushesOwn: what this handle wrote; 0: everything.
  uint32_t handle = 0;
};

struct FlushPlan {
  FlushRule rule;
  EventNumber called = 0;
  // What it carries to the device.
  SectorVersions carried;
  std::set<RecordNumber> records;
  // Versions it covers, those that orders imply included.
  std::vector<VersionRef> covered;
  // Stores that become writes.
  std::vector<VersionRef> stores;
  // What later records will need, if it is a barrier.
  RecordNeeds barrier;
  // For a flush that others may overlap: what was at the device.
  std::optional<SectorVersions> at_device;
  uint64_t carries = 0;
};

// Requires: `state` stays where it is until the plan is carried out.
// `overlapped`: other ops may run in between.
FlushPlan PlanFlush(LiveState& state, const FlushRule& rule,
                    const FlushTarget& target, bool overlapped);

// Returns the name of an error, or nothing. After an error nothing more is
// carried, and what the plan covers is tainted.
std::string CarryOut(LiveState& state, const FlushPlan& plan);

// Carries what an op wrote, with what it implies, to the host.
bool CarryToHost(LiveState& state, const SectorVersions& written);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_FLUSH_PLAN_H_
