// The table of flush primitives: what each one carries how far, and for which
// crash that is a promise. It is the model's only source for that: the model
// asks it at every return of an op, and `powercut model` prints it.
//
// A cell says how far the effects of one kind are carried, of what the row's
// scope covers and had returned before the primitive was called. `device` says
// whether the device's cache is flushed behind that.
//
// Source: research/semantics.md sections 1.1 to 1.6 and 2.3; each row names its
// documents.

#ifndef POWERCUT_MODEL_TABLE_PRIMITIVES_H_
#define POWERCUT_MODEL_TABLE_PRIMITIVES_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/table/profile.h"

namespace powercut {

enum class Primitive : uint8_t {
  // NT and Win32
  kNtFlushBuffersFile,  // nt_flush P
  kNtFlushFull,         // nt_flush P flags=0
  kNtFlushDataOnly,
  kNtFlushNoSync,
  kNtFlushDataSyncOnly,
  kNtFlushDirectory,  // nt_flush, flush_file_buffers of a directory
  kNtFlushVolume,     // nt_flush volume
  kFlushFileBuffers,
  kFlushFileBuffersVolume,
  kFlushViewRange,
  kFlushViewToEnd,  // length 0
  kWriteThrough,    // a write through such a handle
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
  kDiskFlush,
  kDiskDiscard,
  // Transactional stores
  kCommit,      // commit sync
  kCommitLazy,  // commit nosync
  kCheckpoint,
  // What every other op does.
  kWrite,
};
inline constexpr size_t kPrimitiveCount =
    static_cast<size_t>(Primitive::kWrite) + 1;

// How far effects are carried. kHost survives the death of the process,
// kDevice that of the system; the media are a matter of the device flush.
enum class Reach : uint8_t { kNone, kHost, kDevice };

enum class DeviceFlush : uint8_t {
  kNone,
  kOwn,  // what the primitive itself covers goes on to the media
  kAll,  // and whatever else was at the device when it was called
};

enum class Scope : uint8_t {
  kOwn,        // the op's own effects
  kRange,      // of one file, the atoms that a byte range touches
  kFile,       // of one file
  kDirectory,  // of one directory
  kVolume,     // of everything
  kView,       // of the pages of a view that a range touches
  kLog,        // of a log, up to a record
  kDevice,     // nothing but the device
};

struct Coverage {
  Scope scope = Scope::kOwn;
  // Of a kind that the primitive has nothing to do with: kNone.
  Reach data = Reach::kNone;
  // Data only where it already has its place: within the size, and the space,
  // that would survive the same crash.
  bool placed_data_only = false;
  Reach size = Reach::kNone;      // with allocation and valid data length
  Reach times = Reach::kNone;     // and attributes
  Reach names = Reach::kNone;     // that lead to the file; in the directory
  Reach views = Reach::kNone;     // stores through views, not flushed from them
  Reach records = Reach::kNone;   // of a log; commits of a store
  Reach pointers = Reach::kNone;  // base, archive tail, restart area
  DeviceFlush device = DeviceFlush::kNone;
  // The device's cache is flushed before the op's own effects, which imply what
  // was at the device then.
  bool preflush = false;
  // Whatever is issued later reaches the media after what this one covers.
  bool barrier = false;

  bool operator==(const Coverage&) const = default;
};

// The kind of interface a primitive belongs to, and under which it is printed.
enum class Family : uint8_t {
  kFiles,  // NT and Win32 files
  kViews,  // mapped views
  kLogs,   // CLFS
  kPosix,  // POSIX, Linux, macOS
  kBlocks,
  kStores,
};
inline constexpr size_t kFamilyCount = static_cast<size_t>(Family::kStores) + 1;

std::string_view FamilyName(Family family);

// One row as printed. No field of text is empty.
struct PrimitiveRow {
  Primitive id = Primitive::kWrite;
  Family family = Family::kFiles;
  std::string_view name;  // as its document calls it
  std::string_view pcut;  // how a workload spells it
  // As its document says where that says one thing: what PromisesOf() gives
  // under DocumentedReading(). What a profile makes of it are its switches.
  Coverage coverage;
  std::string_view completes;     // at return, or how it can be overlapped
  std::string_view invalid;       // handles and arguments that must fail
  std::string_view errors;        // documented statuses
  std::string_view file_systems;  // that support it
  std::string_view source;        // documents and places, with our tags
};

// In the order of Primitive.
std::span<const PrimitiveRow> PrimitiveRows();

// Rules of order that hold in every profile; a profile's own are its switches.
struct OrderRules {
  // What is issued after a barrier implies what the barrier covered.
  bool barrier = true;
  // A write with a preflush implies all that was at the device before.
  bool preflush = true;
  // A log keeps a run of its records: none without those before it.
  bool log_prefix = true;
  // A restart area counts with its record and its base, or not at all.
  bool restart_atomic = true;
  // A base is never beyond the last record.
  bool base_within_log = true;
  // Records of a log that was reset imply the reset.
  bool reset_before_records = true;

  bool operator==(const OrderRules&) const = default;
};

// What a model goes by: the table as a profile reads it.
struct PromiseTable {
  std::array<Coverage, kPrimitiveCount> coverage;
  OrderRules order;

  const Coverage& operator[](Primitive p) const {
    return coverage[static_cast<size_t>(p)];
  }
};

// The rows with the profile's switches applied.
PromiseTable PromisesOf(const Profile& profile);

// The switches under which every row reads as it stands. No profile of its
// own: no system and no document promises all of it.
const Profile& DocumentedReading();

}  // namespace powercut

#endif  // POWERCUT_MODEL_TABLE_PRIMITIVES_H_
