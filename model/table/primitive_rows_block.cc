// The rows of block devices (docs/semantics.md 1.6, rows 18 to 20), of
// transactional stores (1.7), and the row of what every other op does.
//
// How to read them: requests to a block device carry `data`, their own sectors,
// and commits of a store are `records`. The comment before a row says which
// rule of docs/semantics.md 2.3 or 2.4 its cells come from. Example: a block
// write has `data` at kDevice and no device flush. Its return thus promises the
// sectors for a crash of the system, and not for power loss; with FUA the
// device flush is kOwn, which adds power loss.

#include <array>

#include "model/table/primitive_rows.h"

namespace powercut {
namespace {

constexpr std::string_view kAtCompletion =
    "when the request completes; `start`/`wait` overlap it";
constexpr std::string_view kOutside = "sectors beyond the device";
constexpr std::string_view kDeviceErrors = "EIO; ENOSPC of a thin device";
constexpr std::string_view kDevices = "raw part of the device";
constexpr std::string_view kStores = "sqlite, leveldb";
constexpr std::string_view kAtReturn = "at return; `start`/`wait` overlap it";

constexpr std::array kRows = {
    // A write that has completed is in the cache of the device, not on the
    // media.
    PrimitiveRow{.id = Primitive::kDiskWrite,
                 .family = Family::kBlocks,
                 .name = "block write",
                 .pcut = "disk_write S N",
                 .coverage = {.data = kDevice},
                 .completes = kAtCompletion,
                 .invalid = kOutside,
                 .errors = kDeviceErrors,
                 .file_systems = kDevices,
                 .source = "Linux block/writeback_cache_control, "
                           "Introduction: complete means in the cache"},
    // R-FUA: kOwn takes these sectors to the media. FUA orders no other write.
    PrimitiveRow{.id = Primitive::kDiskWriteFua,
                 .family = Family::kBlocks,
                 .name = "block write, FUA",
                 .pcut = "disk_write S N fua",
                 .coverage = {.data = kDevice, .device = DeviceFlush::kOwn},
                 .completes = kAtCompletion,
                 .invalid = kOutside,
                 .errors = kDeviceErrors,
                 .file_systems = kDevices,
                 .source = "Linux block/writeback_cache_control, Forced Unit "
                           "Access: of this write only; semantics.md 1.6 "
                           "row 19"},
    // R-PREFLUSH: the cache is flushed before the write, so that the write's
    // own sectors only reach the device.
    PrimitiveRow{.id = Primitive::kDiskWritePreflush,
                 .family = Family::kBlocks,
                 .name = "block write, PREFLUSH",
                 .pcut = "disk_write S N preflush",
                 .coverage = {.data = kDevice, .preflush = true},
                 .completes = kAtCompletion,
                 .invalid = kOutside,
                 .errors = kDeviceErrors,
                 .file_systems = kDevices,
                 .source = "Linux block/writeback_cache_control, Explicit "
                           "cache flushes: what completed before it; "
                           "semantics.md 1.6 row 18"},
    // R-PREFLUSH and R-FUA: the write of a journal's commit is such a request.
    PrimitiveRow{.id = Primitive::kDiskWriteFuaPreflush,
                 .family = Family::kBlocks,
                 .name = "block write, PREFLUSH and FUA",
                 .pcut = "disk_write S N fua preflush",
                 .coverage = {.data = kDevice,
                              .device = DeviceFlush::kOwn,
                              .preflush = true},
                 .completes = kAtCompletion,
                 .invalid = kOutside,
                 .errors = kDeviceErrors,
                 .file_systems = kDevices,
                 .source = "Linux block/writeback_cache_control, both flags on "
                           "one request; semantics.md 1.6 row 24"},
    // R-DEVSYNC: the row covers nothing itself; kAll takes what is at the
    // device to the media, files included.
    PrimitiveRow{
        .id = Primitive::kDiskFlush,
        .family = Family::kBlocks,
        .name = "block flush",
        .pcut = "disk_flush",
        .coverage = {.scope = Scope::kDevice, .device = DeviceFlush::kAll},
        .completes = kAtCompletion,
        .invalid = "nothing",
        .errors = "EIO; a device without a cache has nothing to do",
        .file_systems = kDevices,
        .source = "Linux block/writeback_cache_control, Explicit "
                  "cache flushes: an empty PREFLUSH; semantics.md "
                  "1.6 row 18"},
    // R-DISCARD: a discard counts as a write of zeros, and completes like one.
    PrimitiveRow{.id = Primitive::kDiskDiscard,
                 .family = Family::kBlocks,
                 .name = "discard",
                 .pcut = "disk_discard S N",
                 .coverage = {.data = kDevice},
                 .completes = kAtCompletion,
                 .invalid = kOutside,
                 .errors = "EIO; EOPNOTSUPP where the device cannot",
                 .file_systems = kDevices,
                 .source = "Linux device-mapper/log-writes: ordered as a "
                           "write; zeros here; semantics.md 1.6 row 20"},
    // O-COMMIT: the commits before this one are promised with it.
    PrimitiveRow{.id = Primitive::kCommit,
                 .family = Family::kStores,
                 .name = "commit, synchronous",
                 .pcut = "commit sync",
                 .coverage = {.scope = Scope::kLog,
                              .records = kDevice,
                              .device = DeviceFlush::kOwn},
                 .completes = kAtReturn,
                 .invalid = "no transaction is open",
                 .errors = "of the store",
                 .file_systems = kStores,
                 .source =
                     "SQLite, PRAGMA synchronous FULL; LevelDB, WriteOptions "
                     "sync; a store is a log of commits: semantics.md 1.7"},
    // A lazy commit promises nothing, not even that it survives the process.
    PrimitiveRow{
        .id = Primitive::kCommitLazy,
        .family = Family::kStores,
        .name = "commit, lazy",
        .pcut = "commit nosync",
        .coverage = {.scope = Scope::kLog},
        .completes = kAtReturn,
        .invalid = "no transaction is open",
        .errors = "of the store",
        .file_systems = kStores,
        .source = "SQLite, PRAGMA synchronous OFF, NORMAL with WAL; LevelDB, "
                  "WriteOptions without sync; semantics.md 1.7"},
    // A checkpoint makes no commit of its own; it promises those that had
    // returned.
    PrimitiveRow{.id = Primitive::kCheckpoint,
                 .family = Family::kStores,
                 .name = "checkpoint",
                 .pcut = "checkpoint",
                 .coverage = {.scope = Scope::kLog,
                              .records = kDevice,
                              .device = DeviceFlush::kOwn},
                 .completes = kAtReturn,
                 .invalid = "a transaction is open",
                 .errors = "of the store",
                 .file_systems = kStores,
                 .source = "SQLite, PRAGMA wal_checkpoint FULL: syncs log and "
                           "database; semantics.md 1.7"},
    // R-WRITE: whatever an op changed is with the operating system when the op
    // has returned. The model applies this row to the effects of every op, and
    // the op's own row in addition.
    PrimitiveRow{.id = Primitive::kWrite,
                 .family = Family::kFiles,
                 .name = "any other op",
                 .pcut = "write P OFF LEN",
                 .coverage = {.data = kHost,
                              .size = kHost,
                              .times = kHost,
                              .names = kHost,
                              .views = kHost},
                 .completes = "at return, in the system's cache",
                 .invalid = "as the op's own page says",
                 .errors = "of the op",
                 .file_systems = "all",
                 .source =
                     "write(2), close(2), NOTES: success is not on disk; File "
                     "Caching; semantics.md 1.3 row 5, 1.6 row 17"},
};

}  // namespace

std::span<const PrimitiveRow> BlockRows() { return kRows; }

}  // namespace powercut
