// What each flush carries, op by op and profile by profile. simfs reads the
// documents for itself here and uses nothing of the table of the model.
//
// Source: docs/semantics.md 1.1, 1.2, 1.3 and 1.6.

#ifndef POWERCUT_BACKENDS_SIMFS_FLUSH_RULES_H_
#define POWERCUT_BACKENDS_SIMFS_FLUSH_RULES_H_

#include <cstdint>
#include <vector>

#include "backends/simfs/profile_rules.h"
#include "backends/simfs/simfs_bugs.h"
#include "model/words/op.h"

namespace powercut::simfs {

enum class FlushScope : uint8_t {
  kOwn,  // What the op itself wrote.
  // What a write wrote, and what there is of its file beside data.
  kSyncedWrite,
  kFile,       // A file, or a directory taken as a file.
  kDirectory,  // The names in a directory, and its times.
  kRange,      // Pages of a file.
  kView,       // Pages of a view.
  kVolume,     // Everything.
  kNothing,    // No effects; only the device may be flushed.
};

// How far a view flush carries the stores of its pages.
enum class StoreReach : uint8_t {
  kNone,
  kHost,    // The stores count as writes from now on.
  kDevice,  // The stores are at the device, too.
};

// What a flush makes the device write to the media.
enum class DeviceSync : uint8_t {
  kNone,
  kOwn,  // What the flush covers.
  kAll,  // The same, and everything that was at the device at the call.
};

struct FlushRule {
  FlushScope scope = FlushScope::kNothing;
  // The kinds of effects that are carried to the device.
  bool data = false;
  // Only data in space that survives a crash of the system.
  bool placed_only = false;
  bool shape = false;
  bool times = false;
  // For kFile and kSyncedWrite the names that lead to the file, for kDirectory
  // those in it.
  bool names = false;
  // For kDirectory: the names that lead to the directory.
  bool own_names = false;
  // Where names that lead to a file or directory are carried: whether the
  // directories above are carried under their present names. If not, they are
  // carried under the names that they were made with.
  bool names_above = false;
  // For kFile, kSyncedWrite and kView: the name that the file was made with,
  // and the directories above.
  bool made_name = false;
  // For kFile and kSyncedWrite: the removals of names that led to the file.
  bool removals = false;
  // For kView: how far the stores are carried, and whether those through other
  // views of the file are, too.
  StoreReach stores = StoreReach::kNone;
  bool all_views = false;
  // Stores that no view flush carried count as writes.
  bool sees_stores = false;
  DeviceSync device = DeviceSync::kNone;
  // Everything that is written later implies what the flush covers.
  bool barrier = false;
};

// A flush op with what its rule depends on.
struct FlushKind {
  // fsync, fdatasync, sync_file_range, syncfs, full_fsync, barrier_fsync,
  // nt_flush, flush_file_buffers, msync or flush_view.
  OpKind op = OpKind::kFsync;
  // 0, 1 (file_data_only), 2 (no_sync) or 4 (file_data_sync_only).
  uint64_t nt_flag = 0;
  bool directory = false;
  bool volume = false;
  bool async = false;
};
// Returns the rule of a flush op; for any other op a rule that carries nothing.
FlushRule RuleOf(const FlushKind& kind, const ProfileRules& rules,
                 const SimfsBugs& bugs);

// How a write is asked to go through, by its handle or by its own flags.
struct WriteMode {
  bool write_through = false;
  // The handle was opened with no_buffering or direct.
  bool unbuffered = false;
  bool dsync = false;
  bool sync = false;
};
// Returns the rules by which a write in this mode carries what it wrote itself,
// in the order in which they are carried out; empty for an ordinary write.
std::vector<FlushRule> RulesOf(const WriteMode& mode, const ProfileRules& rules,
                               const SimfsBugs& bugs);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_FLUSH_RULES_H_
