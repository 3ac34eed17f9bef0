// The table of flush primitives: what each one carries, how far, and for which
// crash that is a promise. The model has no other source for this: it reads the
// table for every op, and `powercut model` prints the table.
//
// A cell says how far the effects of one kind are carried. Only effects are
// meant that the row's scope covers and whose op had returned before the
// primitive was called. `device` says whether the cache of the device is
// flushed after that.
// Example: a row with `data` at kDevice and `device` at kNone promises data for
// a crash of the process or of the system; with `device` at kOwn the same data
// survives power loss, too.
//
// Source: docs/semantics.md 1.1 to 1.7 and 2.3; each row names its documents.

#ifndef POWERCUT_MODEL_TABLE_PRIMITIVES_H_
#define POWERCUT_MODEL_TABLE_PRIMITIVES_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/table/profile.h"

namespace powercut {

// The rows, named by what they stand for; the comments say how a workload
// spells some of them, or what distinguishes the row.
enum class Primitive : uint8_t {
  // NT and Win32
  kNtFlushBuffersFile,  // nt_flush P
  kNtFlushFull,         // nt_flush P flags=0
  kNtFlushDataOnly,
  kNtFlushNoSync,
  kNtFlushDataSyncOnly,
  kNtFlushDirectory,  // nt_flush or flush_file_buffers on a directory
  kNtFlushVolume,     // nt_flush volume
  kFlushFileBuffers,
  kFlushFileBuffersVolume,
  kFlushViewRange,
  kFlushViewToEnd,  // flush_view with length 0
  kWriteThrough,    // a write through a handle with this flag
  kNoBuffering,
  kNoBufferingWriteThrough,
  // CLFS
  kLogAppend,
  kLogForceAppend,
  kLogForceFlush,
  kLogFlush,        // FlushLogBuffers, ClfsFlushBuffers
  kLogFlushToLsn,   // log_flush_to L K
  kLogFlushToNull,  // log_flush_to L 0
  kLogRestart,
  kLogAdvanceBase,
  kLogArchiveTail,
  kLogReset,
  // POSIX, Linux, macOS
  kFsync,
  kFsyncDirectory,
  kFdatasync,
  kSyncFileRange,
  kSyncfs,
  kMsync,
  kMsyncAsync,
  kOpenDsync,  // a write through an O_DSYNC handle
  kOpenSync,
  kOpenDirect,
  kWriteDsync,  // RWF_DSYNC: write ... dsync
  kWriteSync,   // RWF_SYNC: write ... sync
  kFullFsync,
  kBarrierFsync,
  // Block devices
  kDiskWrite,
  kDiskWriteFua,
  kDiskWritePreflush,
  kDiskWriteFuaPreflush,
  kDiskFlush,
  kDiskDiscard,
  // Transactional stores
  kCommit,      // commit sync
  kCommitLazy,  // commit nosync
  kCheckpoint,
  // Every other op. The row also applies to the effects of all ops.
  kWrite,
};
inline constexpr size_t kPrimitiveCount =
    static_cast<size_t>(Primitive::kWrite) + 1;

// How far effects are carried. kHost survives the death of the process, kDevice
// that of the operating system. Whether they come to the media is what the
// device flush says.
enum class Reach : uint8_t { kNone, kHost, kDevice };

// Whether the cache of the device is flushed at the end.
enum class DeviceFlush : uint8_t {
  kNone,
  kOwn,  // what the primitive itself carried to the device goes to the media
  kAll,  // also whatever else was at the device when the primitive was called
};

// Whose effects a row covers.
enum class Scope : uint8_t {
  kOwn,  // the effects of the op itself
  // A write that a sync of its file follows: the data of the op itself, and the
  // size, the times and the names of the file, as far as the row has them.
  kSyncedWrite,
  kRange,      // effects on one file; data only in the pages of a range
  kFile,       // effects on one file
  kDirectory,  // the names and the times of one directory
  kVolume,     // effects on everything
  kView,       // stores in the pages of a view, and the shape of its file
  kLog,        // effects on a log or a store, up to a record or commit
  kDevice,     // none; only the cache of the device is meant
};

// One row of the table, as the model reads it. Cells of a kind that the
// primitive has nothing to do with are kNone.
struct Coverage {
  Scope scope = Scope::kOwn;
  // Bytes that were written through handles, and raw sectors.
  Reach data = Reach::kNone;
  // Whether data (and stores, in a row of scope kView) is carried to the device
  // only if it is placed: the shape that gave its space survives the death of
  // the operating system (docs/semantics.md 2.2). Stores that are not placed
  // are carried to the host.
  bool placed_data_only = false;
  // Sizes, with allocation and valid data lengths.
  Reach size = Reach::kNone;
  // Times, which stand for attributes, too.
  Reach times = Reach::kNone;
  // The names that lead to the file (kFile, kSyncedWrite), or those in the
  // directory.
  Reach names = Reach::kNone;
  // In a row of scope kDirectory, the names that lead to the directory.
  Reach own_names = Reach::kNone;
  // Whether covering the names that lead to a file or directory covers the
  // names of the directories above as they are at the call. If not, each of
  // them is covered under the name that it was made with.
  bool names_above = false;
  // In a row of scope kFile or kSyncedWrite, the removals of names that led to
  // the file.
  Reach removed_names = Reach::kNone;
  // In a row of scope kFile, kSyncedWrite or kView, the name that the file was
  // made with, and the names that the directories above were made with.
  Reach made_name = Reach::kNone;
  // Stores through views: in a row of scope kView those of its pages, in others
  // those that no view flush has handed on yet.
  Reach views = Reach::kNone;
  // The records of a log, or the commits of a store.
  Reach records = Reach::kNone;
  // The base, the archive tail and the restart area of a log.
  Reach pointers = Reach::kNone;
  DeviceFlush device = DeviceFlush::kNone;
  // Whether the cache of the device is flushed before the op's own effects,
  // which imply what was at the device then.
  bool preflush = false;
  // Whether the effects of later ops, raw sectors excepted, imply what this row
  // covers.
  bool barrier = false;

  bool operator==(const Coverage&) const = default;
};

// The kind of interface that a primitive belongs to; rows are printed by
// family.
enum class Family : uint8_t {
  kFiles,  // NT and Win32 files
  kViews,  // mapped views
  kLogs,   // CLFS
  kPosix,  // POSIX, Linux, macOS
  kBlocks,
  kStores,
};
inline constexpr size_t kFamilyCount = static_cast<size_t>(Family::kStores) + 1;

// Returns the heading of a family, such as `logs (CLFS)`.
std::string_view FamilyName(Family family);

// One row as it is printed. No field of text is empty, and none ends in a full
// stop.
struct PrimitiveRow {
  Primitive id = Primitive::kWrite;
  Family family = Family::kFiles;
  std::string_view name;  // the name that its document uses
  std::string_view pcut;  // how a workload spells it
  // What the document promises where it says one thing, and the reading of
  // DocumentedReading() where it does not. The switches of a profile change it.
  Coverage coverage;
  std::string_view completes;     // when the promise is given
  std::string_view invalid;       // handles and arguments that must fail
  std::string_view errors;        // the documented statuses
  std::string_view file_systems;  // the file systems that support it
  std::string_view source;  // documents and places; tags of docs/semantics.md
};

// Returns all rows, in the order of Primitive. Safe to call from any thread.
std::span<const PrimitiveRow> PrimitiveRows();

// The rules of order that hold in every profile (docs/semantics.md 2.4); the
// rules of single profiles are switches. Tests turn rules off one by one.
struct OrderRules {
  // What is appended after a barrier returned implies what the barrier covered.
  bool barrier = true;
  // A write with a preflush implies all that was at the device before it.
  bool preflush = true;
  // A record of a log is found only with all records before it in its epoch.
  bool log_prefix = true;
  // A restart record is found exactly if the restart area leads to it, and then
  // the base that it sets is set.
  bool restart_atomic = true;
  // A base is found only with the record that it names.
  bool base_within_log = true;
  // Records of a log that was reset imply the reset.
  bool reset_before_records = true;

  bool operator==(const OrderRules&) const = default;
};

// The table as a profile reads it: what a model judges by.
struct PromiseTable {
  std::array<Coverage, kPrimitiveCount> coverage;
  OrderRules order;

  const Coverage& operator[](Primitive p) const {
    return coverage[static_cast<size_t>(p)];
  }
};

// Returns the rows with the switches of the profile applied. Cost: O(rows).
PromiseTable PromisesOf(const Profile& profile);

// Returns the switches under which every row reads as it stands. This is none
// of Profiles(), since no system and no document promises all of it.
const Profile& DocumentedReading();

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVES_H_
