// What each flush carries, op by op and profile by profile: simfs' own reading
// of the documents (research/semantics.md sections 1.1 to 1.6).

#ifndef POWERCUT_BACKENDS_SIMFS_FLUSH_RULES_H_
#define POWERCUT_BACKENDS_SIMFS_FLUSH_RULES_H_

#include <cstdint>
#include <vector>

#include "backends/simfs/profile_rules.h"
#include "backends/simfs/simfs_bugs.h"
#include "model/words/op.h"

namespace powercut::simfs {

enum class FlushScope : uint8_t {
  kOwn,        // what the op itself wrote
  kFile,       // a file, or what a directory has as a file
  kDirectory,  // the names in a directory, and its times
  kRange,      // pages of a file
  kView,       // pages of a view
  kVolume,
  kNothing,  // but the device
};

enum class StoreReach : uint8_t {
  kNone,
  kHost,    // they are writes from now on
  kDevice,  // and at the device
};

enum class DeviceSync : uint8_t {
  kNone,
  kOwn,  // what the flush covers goes on to the media
  kAll,  // and all else that was at the device
};

struct FlushRule {
  FlushScope scope = FlushScope::kNothing;
  // Carried to the device.
  bool data = false;
  bool placed_only = false;  // data whose space a crash of the system leaves
  bool shape = false;
  bool times = false;
  bool names = false;
  // Of a view's pages.
  StoreReach stores = StoreReach::kNone;
  bool all_views = false;
  // Stores that no view flush carried are writes like any other.
  bool sees_stores = false;
  DeviceSync device = DeviceSync::kNone;
  bool barrier = false;
};

// Of a flush op: fsync, fdatasync, sync_file_range, syncfs, full_fsync,
// barrier_fsync, nt_flush, flush_file_buffers, msync, flush_view.
// `nt_flag`: 0, 1 (file_data_only), 2 (no_sync) or 4 (file_data_sync_only).
struct FlushKind {
  OpKind op = OpKind::kFsync;
  uint64_t nt_flag = 0;
  bool directory = false;
  bool volume = false;
  bool async = false;
};
FlushRule RuleOf(const FlushKind& kind, const ProfileRules& rules,
                 const SimfsBugs& bugs);

// How a write is asked to go through.
struct WriteMode {
  bool write_through = false;
  bool unbuffered = false;  // no_buffering or direct
  bool dsync = false;
  bool sync = false;
};
std::vector<FlushRule> RulesOf(const WriteMode& mode, const ProfileRules& rules,
                               const SimfsBugs& bugs);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_FLUSH_RULES_H_
