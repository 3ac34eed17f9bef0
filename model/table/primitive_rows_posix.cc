// Rows: POSIX, Linux and macOS (research/semantics.md 1.6; "row N" counts the
// rows of its table from 1).

#include <array>

#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

// A volume's flush, and the logs on it.
constexpr Coverage kSyncEverything = {.scope = Scope::kVolume,
                                      .data = kDevice,
                                      .size = kDevice,
                                      .times = kDevice,
                                      .names = kDevice,
                                      .records = kDevice,
                                      .pointers = kDevice,
                                      .device = DeviceFlush::kAll};

constexpr Coverage kDsyncWrite = {
    .data = kDevice, .size = kDevice, .device = DeviceFlush::kOwn};
constexpr Coverage kSyncWrite = {.data = kDevice,
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
                           "behind each write; semantics.md 1.6 row 10"},
    PrimitiveRow{.id = Primitive::kOpenSync,
                 .family = Family::kPosix,
                 .name = "O_SYNC",
                 .pcut = "open H P sync",
                 .coverage = kSyncWrite,
                 .completes = kPerWrite,
                 .invalid = "nothing beyond what opening checks",
                 .errors = kWriteErrors,
                 .file_systems = "all",
                 .source = "open(2), Synchronized I/O: as if fsync came behind "
                           "each write; semantics.md 1.6 row 11"},
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
