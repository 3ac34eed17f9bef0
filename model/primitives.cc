#include "model/primitives.h"

#include "harness/base/check.h"

namespace powercut {
namespace {

constexpr Reach kNone = Reach::kNone;
constexpr Reach kHost = Reach::kHost;
constexpr Reach kDevice = Reach::kDevice;

// Everything of one file, to the media.
constexpr Coverage kFullFlush = {.scope = Scope::kFile,
                                 .data = kDevice,
                                 .size = kDevice,
                                 .times = kDevice,
                                 .device = DeviceFlush::kAll};
// The same without times.
constexpr Coverage kDataFlush = {.scope = Scope::kFile,
                                 .data = kDevice,
                                 .size = kDevice,
                                 .device = DeviceFlush::kAll};
constexpr Coverage kDirectoryFlush = {.scope = Scope::kDirectory,
                                      .times = kDevice,
                                      .names = kDevice,
                                      .device = DeviceFlush::kAll};
constexpr Coverage kVolumeFlush = {.scope = Scope::kVolume,
                                   .data = kDevice,
                                   .size = kDevice,
                                   .times = kDevice,
                                   .names = kDevice,
                                   .records = kDevice,
                                   .pointers = kDevice,
                                   .device = DeviceFlush::kAll};
constexpr Coverage kViewFlush = {
    .scope = Scope::kView, .placed_data_only = true, .views = kDevice};
constexpr Coverage kDataOfOwnWrite = {.data = kDevice,
                                      .placed_data_only = true};
constexpr Coverage kDsyncWrite = {
    .data = kDevice, .size = kDevice, .device = DeviceFlush::kOwn};
constexpr Coverage kSyncWrite = {.data = kDevice,
                                 .size = kDevice,
                                 .times = kDevice,
                                 .device = DeviceFlush::kOwn};
constexpr Coverage kRecordsToMedia = {
    .scope = Scope::kLog, .records = kDevice, .device = DeviceFlush::kOwn};

constexpr std::array<PrimitiveRow, kPrimitiveCount> kRows = {{
    {Primitive::kNtFlushBuffersFile, "NtFlushBuffersFile", "nt_flush P",
     kFullFlush, "", "", "", "S2"},
    {Primitive::kNtFlushFull, "NtFlushBuffersFileEx 0", "nt_flush P flags=0",
     kFullFlush, "", "", "", "S3"},
    {Primitive::kNtFlushDataOnly,
     "NtFlushBuffersFileEx FILE_DATA_ONLY",
     "nt_flush P file_data_only",
     {.scope = Scope::kFile, .data = kDevice, .placed_data_only = true},
     "",
     "",
     "",
     "S3"},
    {Primitive::kNtFlushNoSync,
     "NtFlushBuffersFileEx NO_SYNC",
     "nt_flush P no_sync",
     {.scope = Scope::kFile,
      .data = kDevice,
      .size = kDevice,
      .times = kDevice},
     "",
     "",
     "",
     "S3"},
    {Primitive::kNtFlushDataSyncOnly,
     "NtFlushBuffersFileEx FILE_DATA_SYNC_ONLY",
     "nt_flush P file_data_sync_only", kDataFlush, "", "", "", "S3"},
    {Primitive::kNtFlushDirectory, "NtFlushBuffersFile of a directory",
     "nt_flush DIR", kDirectoryFlush, "", "", "", "FSA"},
    {Primitive::kNtFlushVolume, "NtFlushBuffersFile of a volume",
     "nt_flush volume", kVolumeFlush, "", "", "", "S3"},
    {Primitive::kFlushFileBuffers, "FlushFileBuffers", "flush_file_buffers P",
     kFullFlush, "", "", "", "SDK"},
    {Primitive::kFlushFileBuffersVolume, "FlushFileBuffers of a volume",
     "flush_file_buffers volume", kVolumeFlush, "", "", "", "SDK"},
    {Primitive::kFlushViewRange, "FlushViewOfFile", "flush_view V OFF LEN",
     kViewFlush, "", "", "", "S4"},
    {Primitive::kFlushViewToEnd, "FlushViewOfFile to the end",
     "flush_view V OFF 0", kViewFlush, "", "", "", "S4"},
    {Primitive::kWriteThrough, "FILE_FLAG_WRITE_THROUGH",
     "open H P write_through", kDataOfOwnWrite, "", "", "", "SDK"},
    {Primitive::kNoBuffering, "FILE_FLAG_NO_BUFFERING", "open H P no_buffering",
     kDataOfOwnWrite, "", "", "", "SDK"},
    {Primitive::kNoBufferingWriteThrough, "both flags",
     "open H P write_through no_buffering", kDataOfOwnWrite, "", "", "", "SDK"},
    {Primitive::kLogAppend,
     "ReserveAndAppendLog",
     "log_append L LEN",
     {.scope = Scope::kLog},
     "",
     "",
     "",
     "SDK"},
    {Primitive::kLogForceAppend,
     "ReserveAndAppendLog FORCE_APPEND",
     "log_append L LEN force_append",
     {.scope = Scope::kLog, .records = kHost},
     "",
     "",
     "",
     "SDK"},
    {Primitive::kLogForceFlush, "ReserveAndAppendLog FORCE_FLUSH",
     "log_append L LEN force_flush", kRecordsToMedia, "", "", "", "SDK"},
    {Primitive::kLogFlush, "FlushLogBuffers, ClfsFlushBuffers", "log_flush L",
     kRecordsToMedia, "", "", "", "S0, S1"},
    {Primitive::kLogFlushToLsn, "FlushLogToLsn, ClfsFlushToLsn",
     "log_flush_to L K", kRecordsToMedia, "", "", "", "SDK"},
    {Primitive::kLogFlushToNull, "FlushLogToLsn CLFS_LSN_NULL",
     "log_flush_to L 0", kRecordsToMedia, "", "", "", "S0, S1"},
    {Primitive::kLogRestart,
     "WriteLogRestartArea",
     "log_restart L",
     {.scope = Scope::kLog,
      .records = kDevice,
      .pointers = kDevice,
      .device = DeviceFlush::kOwn},
     "",
     "",
     "",
     "DDI"},
    {Primitive::kLogAdvanceBase,
     "AdvanceLogBase",
     "log_advance_base L K",
     {.scope = Scope::kLog},
     "",
     "",
     "",
     "DDI"},
    {Primitive::kLogArchiveTail,
     "SetLogArchiveTail",
     "log_archive_tail L K",
     {.scope = Scope::kLog},
     "",
     "",
     "",
     "DDI"},
    {Primitive::kLogReset,
     "CloseAndResetLogFile",
     "log_reset L",
     {.scope = Scope::kLog},
     "",
     "",
     "",
     "DDI"},
    {Primitive::kFsync, "fsync", "fsync P", kFullFlush, "", "", "", "MAN"},
    {Primitive::kFsyncDirectory, "fsync of a directory", "fsync DIR",
     kDirectoryFlush, "", "", "", "MAN"},
    {Primitive::kFdatasync, "fdatasync", "fdatasync P", kDataFlush, "", "", "",
     "MAN"},
    {Primitive::kSyncFileRange,
     "sync_file_range",
     "sync_file_range P OFF LEN",
     {.scope = Scope::kRange, .data = kDevice, .placed_data_only = true},
     "",
     "",
     "",
     "MAN"},
    {Primitive::kSyncfs, "syncfs", "syncfs", kVolumeFlush, "", "", "", "MAN"},
    {Primitive::kMsync,
     "msync MS_SYNC",
     "msync V OFF LEN",
     {.scope = Scope::kView,
      .size = kDevice,
      .views = kDevice,
      .device = DeviceFlush::kAll},
     "",
     "",
     "",
     "MAN"},
    {Primitive::kMsyncAsync,
     "msync MS_ASYNC",
     "msync V OFF LEN async",
     {.scope = Scope::kView},
     "",
     "",
     "",
     "MAN"},
    {Primitive::kOpenDsync, "O_DSYNC", "open H P dsync", kDsyncWrite, "", "",
     "", "MAN"},
    {Primitive::kOpenSync, "O_SYNC", "open H P sync", kSyncWrite, "", "", "",
     "MAN"},
    {Primitive::kOpenDirect, "O_DIRECT", "open H P direct", kDataOfOwnWrite, "",
     "", "", "MAN"},
    {Primitive::kWriteDsync, "RWF_DSYNC", "write P OFF LEN dsync", kDsyncWrite,
     "", "", "", "MAN"},
    {Primitive::kWriteSync, "RWF_SYNC", "write P OFF LEN sync", kSyncWrite, "",
     "", "", "MAN"},
    {Primitive::kFullFsync, "F_FULLFSYNC", "full_fsync P", kFullFlush, "", "",
     "", "macOS"},
    {Primitive::kBarrierFsync,
     "F_BARRIERFSYNC",
     "barrier_fsync P",
     {.scope = Scope::kFile,
      .data = kDevice,
      .size = kDevice,
      .times = kDevice,
      .barrier = true},
     "",
     "",
     "",
     "macOS"},
    {Primitive::kDiskWrite,
     "block write",
     "disk_write S N",
     {.data = kDevice},
     "",
     "",
     "",
     "KD"},
    {Primitive::kDiskWriteFua,
     "block write, FUA",
     "disk_write S N fua",
     {.data = kDevice, .device = DeviceFlush::kOwn},
     "",
     "",
     "",
     "KD"},
    {Primitive::kDiskWritePreflush,
     "block write, PREFLUSH",
     "disk_write S N preflush",
     {.data = kDevice},
     "",
     "",
     "",
     "KD"},
    {Primitive::kDiskFlush,
     "block flush",
     "disk_flush",
     {.scope = Scope::kDevice, .device = DeviceFlush::kAll},
     "",
     "",
     "",
     "KD"},
    {Primitive::kDiskDiscard,
     "discard",
     "disk_discard S N",
     {.data = kDevice},
     "",
     "",
     "",
     "KD"},
    {Primitive::kCommit,
     "commit, synchronous",
     "commit sync",
     {.scope = Scope::kLog, .records = kDevice, .device = DeviceFlush::kOwn},
     "",
     "",
     "",
     ""},
    {Primitive::kCommitLazy,
     "commit, lazy",
     "commit nosync",
     {.scope = Scope::kLog},
     "",
     "",
     "",
     ""},
    {Primitive::kCheckpoint,
     "checkpoint",
     "checkpoint",
     {.scope = Scope::kLog, .records = kDevice, .device = DeviceFlush::kOwn},
     "",
     "",
     "",
     ""},
    {Primitive::kWrite,
     "any other op",
     "write P OFF LEN",
     {.data = kHost,
      .size = kHost,
      .times = kHost,
      .names = kHost,
      .views = kHost},
     "",
     "",
     "",
     ""},
}};

constexpr bool RowsFollowEnum() {
  for (size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].id != static_cast<Primitive>(i)) return false;
  }
  return true;
}
static_assert(RowsFollowEnum(), "kRows is indexed by Primitive");

class Reading {
 public:
  explicit Reading(const Profile& profile) : p_(profile) {
    for (size_t i = 0; i < kRows.size(); ++i) {
      table_.coverage[i] = kRows[i].coverage;
    }
  }

  PromiseTable Read() {
    ReadNt();
    ReadWriteThrough();
    ReadPosix();
    ReadEverywhere();
    return table_;
  }

 private:
  Coverage& At(Primitive id) {
    return table_.coverage[static_cast<size_t>(id)];
  }

  void ReadNt() {
    if (!p_.data_sync_covers_size) {
      At(Primitive::kNtFlushDataSyncOnly).size = kNone;
      At(Primitive::kNtFlushDataSyncOnly).placed_data_only = true;
    }
    if (p_.data_sync_is_full_flush) {
      At(Primitive::kNtFlushDataSyncOnly) = kFullFlush;
    }
    if (p_.data_only_covers_metadata) {
      At(Primitive::kNtFlushDataOnly) = At(Primitive::kNtFlushNoSync);
    }
    if (!p_.view_flush_reaches_device) {
      At(Primitive::kFlushViewRange).views = kHost;
      At(Primitive::kFlushViewToEnd).views = kHost;
    }
  }

  void ReadWriteThrough() {
    Coverage& through = At(Primitive::kWriteThrough);
    Coverage& both = At(Primitive::kNoBufferingWriteThrough);
    for (Coverage* row : {&through, &both}) {
      if (!p_.write_through_covers_metadata) continue;
      row->size = kDevice;
      row->times = kDevice;
      row->placed_data_only = false;
    }
    if (p_.write_through_reaches_media) through.device = DeviceFlush::kOwn;
    if (p_.write_through_reaches_media ||
        p_.unbuffered_write_through_reaches_media) {
      both.device = DeviceFlush::kOwn;
    }
  }

  void ReadPosix() {
    const std::array posix = {Primitive::kFsync, Primitive::kFsyncDirectory,
                              Primitive::kFdatasync};
    for (const Primitive id : posix) {
      if (p_.fsync_stops_at_device) At(id).device = DeviceFlush::kNone;
      if (p_.fsync_is_void) At(id) = {.scope = At(id).scope};
    }
    if (!p_.range_sync_reaches_device) {
      At(Primitive::kSyncFileRange).data = kNone;
    }
  }

  void ReadEverywhere() {
    for (size_t i = 0; i < kPrimitiveCount; ++i) {
      Coverage& row = table_.coverage[i];
      const bool block = i >= static_cast<size_t>(Primitive::kDiskWrite) &&
                         i <= static_cast<size_t>(Primitive::kDiskDiscard);
      const bool full = row.scope == Scope::kFile && row.data == kDevice &&
                        row.times == kDevice &&
                        row.device != DeviceFlush::kNone;
      if (full && p_.flush_covers_names) row.names = kDevice;
      const bool flush = row.scope == Scope::kFile ||
                         row.scope == Scope::kRange ||
                         row.scope == Scope::kVolume;
      if (flush && p_.flush_sees_views) row.views = row.data;
      if (row.scope == Scope::kDirectory && !p_.fsync_directory_covers_names) {
        row.names = kNone;
      }
      if (row.placed_data_only && !p_.overwrite_in_place && !block) {
        row.data = kNone;
        if (row.scope == Scope::kView && row.views == kDevice) {
          row.views = kHost;
        }
      }
      if (row.device == DeviceFlush::kAll && !p_.flush_covers_device &&
          !block && row.scope != Scope::kVolume) {
        row.device = DeviceFlush::kOwn;
      }
      if (p_.fsync_covers_volume && row.scope == Scope::kFile &&
          row.device != DeviceFlush::kNone) {
        row = kVolumeFlush;
      }
      if (p_.fsync_covers_volume && row.scope == Scope::kDirectory) {
        row = kVolumeFlush;
      }
    }
  }

  const Profile& p_;
  PromiseTable table_;
};

}  // namespace

std::span<const PrimitiveRow> PrimitiveRows() { return kRows; }

PromiseTable PromisesOf(const Profile& profile) {
  return Reading(profile).Read();
}

}  // namespace powercut
