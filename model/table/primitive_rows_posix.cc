// The rows of POSIX, Linux and macOS (docs/semantics.md 1.6; "row N" counts the
// rows of its table from 1).
//
// How to read them: a row reads as its manual page does, and the switches of a
// profile change cells afterwards (PromisesOf()). The comment before a row
// names the rule of docs/semantics.md 2.3 that its cells state. Example:
// `fsync` has `data`, `size` and `times` at kDevice and a device flush of kAll,
// but no `names`. Its return thus promises the content of a file for every kind
// of crash, and nothing of the file's name.

#include <array>

#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

// R-VOL: a flush of the volume that also covers logs and stores.
constexpr Coverage kSyncEverything = {.scope = Scope::kVolume,
                                      .data = kDevice,
                                      .size = kDevice,
                                      .times = kDevice,
                                      .names = kDevice,
                                      .records = kDevice,
                                      .pointers = kDevice,
                                      .device = DeviceFlush::kAll};

// R-ODSYNC: the two kinds of synchronous writes, as though fdatasync or fsync
// of the file followed, but for the data of other writes. What these left in
// the cache of the device is not carried either, hence the device flush kOwn.
constexpr Coverage kDsyncWrite = {.scope = Scope::kSyncedWrite,
                                  .data = kDevice,
                                  .size = kDevice,
                                  .device = DeviceFlush::kOwn};
constexpr Coverage kSyncWrite = {.scope = Scope::kSyncedWrite,
                                 .data = kDevice,
                                 .size = kDevice,
                                 .times = kDevice,
                                 .device = DeviceFlush::kOwn};

constexpr std::string_view kAtReturn = "at return; `start`/`wait` overlap it";
constexpr std::string_view kPerWrite = "each write at its return";
constexpr std::string_view kNotOpen =
    "a descriptor that is not open: EBADF; one that cannot be synced: EINVAL";
constexpr std::string_view kSyncErrors =
    "EIO (also for what another descriptor wrote), ENOSPC, EDQUOT, EROFS";
constexpr std::string_view kWriteErrors = "EIO, ENOSPC, EDQUOT of the write";

constexpr std::array kRows = {
    // R-FLUSH0: by its page a name needs an fsync of the directory. Systems
    // that were measured to bring the name along have the switch
    // flush_covers_names.
    PrimitiveRow{.id = Primitive::kFsync,
                 .family = Family::kPosix,
                 .name = "fsync",
                 .pcut = "fsync P",
                 .coverage = kFullFlush,
                 .completes = kAtReturn,
                 .invalid = kNotOpen,
                 .errors = kSyncErrors,
                 .file_systems = "all; macOS: the device only",
                 .source = "fsync(2), DESCRIPTION and NOTES; POSIX fsync; "
                           "semantics.md 1.6 rows 1, 3 and 21"},
    // R-DIR: also the row of fdatasync of a directory.
    PrimitiveRow{.id = Primitive::kFsyncDirectory,
                 .family = Family::kPosix,
                 .name = "fsync of a directory",
                 .pcut = "fsync DIR",
                 .coverage = kDirectoryFlush,
                 .completes = kAtReturn,
                 .invalid = kNotOpen,
                 .errors = kSyncErrors,
                 .file_systems = "all of Linux",
                 .source = "fsync(2), DESCRIPTION: a name needs its "
                           "directory's own; semantics.md 1.6 row 13"},
    // R-DSYNCONLY: the size is needed to read the data back; the times are not.
    PrimitiveRow{.id = Primitive::kFdatasync,
                 .family = Family::kPosix,
                 .name = "fdatasync",
                 .pcut = "fdatasync P",
                 .coverage = kDataFlush,
                 .completes = kAtReturn,
                 .invalid = kNotOpen,
                 .errors = kSyncErrors,
                 .file_systems = "all",
                 .source =
                     "fdatasync(2), DESCRIPTION: the size, not the times; "
                     "semantics.md 1.6 row 2"},
    // R-SFR: the page warns that nothing may be relied on. Whether placed data
    // of the range reaches the device is left to range_sync_reaches_device.
    PrimitiveRow{
        .id = Primitive::kSyncFileRange,
        .family = Family::kPosix,
        .name = "sync_file_range, all three flags",
        .pcut = "sync_file_range P OFF LEN",
        .coverage = {.scope = Scope::kRange,
                     .data = kDevice,
                     .placed_data_only = true},
        .completes = kAtReturn,
        .invalid = "other flags, or a range that overflows: EINVAL; a pipe: "
                   "ESPIPE",
        .errors = "EIO, ENOMEM, ENOSPC",
        .file_systems = "Linux; where data is overwritten in place, so not "
                        "btrfs and f2fs",
        .source = "sync_file_range(2), Some details and the warning; measured "
                  "on ext4 and xfs (semantics.md 6.1); 1.6 row 4"},
    // R-VOL: everything that a workload can make, but for stores through views
    // that no view flush handed on; these need flush_sees_views.
    PrimitiveRow{.id = Primitive::kSyncfs,
                 .family = Family::kPosix,
                 .name = "syncfs",
                 .pcut = "syncfs",
                 .coverage = kSyncEverything,
                 .completes = kAtReturn,
                 .invalid = "a descriptor that is not open: EBADF",
                 .errors = "EIO, ENOSPC, EDQUOT, since Linux 5.8",
                 .file_systems = "all of Linux",
                 .source = "sync(2), syncfs; semantics.md 1.6 rows 5 and 6"},
    // R-MSYNC: the shape goes along, since a store into a hole changes it. What
    // was written through handles is not carried.
    PrimitiveRow{.id = Primitive::kMsync,
                 .family = Family::kPosix,
                 .name = "msync MS_SYNC",
                 .pcut = "msync V OFF LEN",
                 .coverage = {.scope = Scope::kView,
                              .size = kDevice,
                              .views = kDevice,
                              .device = DeviceFlush::kAll},
                 .completes = kAtReturn,
                 .invalid =
                     "a range outside the view: ENOMEM; not at a page, or both "
                     "of MS_SYNC and MS_ASYNC: EINVAL",
                 .errors = "EIO of the write-out; EBUSY with MS_INVALIDATE",
                 .file_systems = "all",
                 .source = "msync(2); POSIX msync: data integrity completion; "
                           "semantics.md 1.6 row 7"},
    // R-MSYNC: on Linux the call has no effect.
    PrimitiveRow{.id = Primitive::kMsyncAsync,
                 .family = Family::kPosix,
                 .name = "msync MS_ASYNC",
                 .pcut = "msync V OFF LEN async",
                 .coverage = {.scope = Scope::kView},
                 .completes = "at return, with nothing done",
                 .invalid = "as MS_SYNC",
                 .errors = "as MS_SYNC",
                 .file_systems = "all",
                 .source = "msync(2), NOTES: nothing since Linux 2.6.19; "
                           "semantics.md 1.6 row 8"},
    // R-ODSYNC: every write through the handle.
    PrimitiveRow{.id = Primitive::kOpenDsync,
                 .family = Family::kPosix,
                 .name = "O_DSYNC",
                 .pcut = "open H P dsync",
                 .coverage = kDsyncWrite,
                 .completes = kPerWrite,
                 .invalid = "nothing beyond what opening checks",
                 .errors = kWriteErrors,
                 .file_systems = "all",
                 .source = "open(2), Synchronized I/O: as if fdatasync came "
                           "after each write; semantics.md 1.6 row 10"},
    // R-ODSYNC: with the times of the file.
    PrimitiveRow{.id = Primitive::kOpenSync,
                 .family = Family::kPosix,
                 .name = "O_SYNC",
                 .pcut = "open H P sync",
                 .coverage = kSyncWrite,
                 .completes = kPerWrite,
                 .invalid = "nothing beyond what opening checks",
                 .errors = kWriteErrors,
                 .file_systems = "all",
                 .source = "open(2), Synchronized I/O: as if fsync came after "
                           "each write; semantics.md 1.6 row 11"},
    // R-NB: the data bypasses the cache of the system, the metadata does not.
    PrimitiveRow{
        .id = Primitive::kOpenDirect,
        .family = Family::kPosix,
        .name = "O_DIRECT",
        .pcut = "open H P direct",
        .coverage = kDataOfOwnWrite,
        .completes = kPerWrite,
        .invalid = "offsets, lengths and buffers that are not aligned: "
                   "EINVAL; not checked here",
        .errors = kWriteErrors,
        .file_systems = "all; may fall back to the cache",
        .source = "open(2), O_DIRECT: no guarantee of O_SYNC; measured at the "
                  "device (semantics.md 6.1); 1.6 row 12"},
    // R-ODSYNC: this one write, whatever its handle says.
    PrimitiveRow{.id = Primitive::kWriteDsync,
                 .family = Family::kPosix,
                 .name = "RWF_DSYNC",
                 .pcut = "write P OFF LEN dsync",
                 .coverage = kDsyncWrite,
                 .completes = kPerWrite,
                 .invalid = "as write",
                 .errors = kWriteErrors,
                 .file_systems = "all, since Linux 4.7",
                 .source = "pwritev2(2), RWF_DSYNC: of this write only; "
                           "semantics.md 1.6 row 10"},
    // R-ODSYNC: the same with times.
    PrimitiveRow{.id = Primitive::kWriteSync,
                 .family = Family::kPosix,
                 .name = "RWF_SYNC",
                 .pcut = "write P OFF LEN sync",
                 .coverage = kSyncWrite,
                 .completes = kPerWrite,
                 .invalid = "as write",
                 .errors = kWriteErrors,
                 .file_systems = "all, since Linux 4.7",
                 .source = "pwritev2(2), RWF_SYNC: of this write only; "
                           "semantics.md 1.6 row 11"},
    // R-FLUSH0: on macOS the call that does what fsync does elsewhere.
    PrimitiveRow{.id = Primitive::kFullFsync,
                 .family = Family::kPosix,
                 .name = "F_FULLFSYNC",
                 .pcut = "full_fsync P",
                 .coverage = kFullFlush,
                 .completes = kAtReturn,
                 .invalid = "a descriptor that is not open: EBADF",
                 .errors = "EIO; ENOTSUP where the device cannot: fall back "
                           "to fsync",
                 .file_systems = "macOS: HFS+, APFS, FAT, UDF",
                 .source = "macOS fsync(2) and fcntl(2), F_FULLFSYNC; "
                           "semantics.md 1.6 row 22"},
    // It has no device flush: the call orders what comes later after what it
    // covers, and promises nothing for power loss (the rule `barrier` of
    // docs/semantics.md 2.4).
    PrimitiveRow{.id = Primitive::kBarrierFsync,
                 .family = Family::kPosix,
                 .name = "F_BARRIERFSYNC",
                 .pcut = "barrier_fsync P",
                 .coverage = {.scope = Scope::kFile,
                              .data = kDevice,
                              .size = kDevice,
                              .times = kDevice,
                              .barrier = true},
                 .completes = kAtReturn,
                 .invalid = "a descriptor that is not open: EBADF",
                 .errors = "EIO; ENOTSUP where the device cannot",
                 .file_systems = "macOS: APFS",
                 .source = "macOS fcntl(2), F_BARRIERFSYNC: order, not "
                           "durability; semantics.md 1.6 row 23"},
};

}  // namespace

std::span<const PrimitiveRow> PosixRows() { return kRows; }

}  // namespace powercut
