// The scenes as a table, one row for each bug. In most of them `init` makes a
// file durable, and `run` changes it once and flushes it with the primitive
// that has the bug.

#include "fuzz/draw/simfs_bug_scenes.h"

namespace powercut {
namespace {

const std::string kFile = "create /f\nwrite /f 0 512\n";
const std::string kView = kFile + "map V /f 0 512\n";
const std::string kWideView = "create /f\nwrite /f 0 1024\nmap V /f 0 1024\n";

}  // namespace

const std::vector<SimfsBugScene>& SimfsBugScenes() {
  using enum SimfsBug;
  static const std::vector<SimfsBugScene> scenes = {
      {kFsyncSkipsData, "spec-strict", kFile, "write /f 0 512\nfsync /f", ""},
      {kFsyncSkipsShape, "spec-strict", kFile, "append /f 512\nfsync /f", ""},
      {kFsyncSkipsTimes, "spec-strict", kFile, "write /f 0 512\nfsync /f", ""},
      {kFsyncSkipsDevice, "spec-strict", kFile, "write /f 0 512\nfsync /f", ""},
      {kFdatasyncSkipsSize, "linux-man", kFile, "append /f 512\nfdatasync /f",
       ""},
      {kDataOnlyIsFull, "spec-strict", kFile,
       "append /f 512\nnt_flush /f file_data_only", ""},
      {kFullIsDataOnly, "spec-strict", kFile, "append /f 512\nnt_flush /f", ""},
      {kNoSyncFlushesDevice, "spec-strict", kFile,
       "write /f 0 512\nnt_flush /f no_sync", ""},
      {kDataSyncWritesTimes, "spec-strict", kFile,
       "write /f 0 512\nnt_flush /f file_data_sync_only", ""},
      {kDataSyncSkipsSize, "spec-strict", kFile,
       "append /f 512\nnt_flush /f file_data_sync_only", ""},
      {kDirectorySkipsNames, "linux-man", "mkdir /d\n", "create /d/f\nfsync /d",
       ""},
      {kSyncfsMissesOneFile, "linux-man", kFile, "write /f 0 512\nsyncfs", ""},
      {kViewIgnoresPages, "spec-strict", kWideView,
       "store V 512 512\nflush_view V 0 1", ""},
      {kViewZeroIsNothing, "spec-strict", kView,
       "store V 0 512\nflush_view V 0 0", ""},
      {kViewReachesMedia, "spec-strict", kView,
       "store V 0 512\nflush_view V 0 0", ""},
      {kMsyncAsyncIsSync, "linux-man", kView,
       "store V 0 512\nmsync V 0 512 async", ""},
      {kMsyncSkipsDevice, "linux-man", kView, "store V 0 512\nmsync V 0 512",
       ""},
      {kRangeIgnored, "ext4-ordered", "create /f\nwrite /f 0 4608\n",
       "write /f 4096 512\nsync_file_range /f 0 4096", ""},
      {kDsyncSkipsFua, "linux-man", kFile, "write /f 0 512 dsync", ""},
      {kSyncWriteSkipsTimes, "linux-man", kFile, "write /f 0 512 sync", ""},
      {kWriteThroughIgnored, "spec-strict", kFile + "open H /f write_through\n",
       "write H 0 512", ""},
      {kPreflushIgnored, "spec-strict", "",
       "disk_write 0 1\ndisk_write 1 1 preflush", ""},
      {kFuaIgnored, "spec-strict", "", "disk_write 0 1 fua", ""},
      {kRenameInTwoRecords, "spec-strict", kFile, "rename /f /g", ""},
      {kReplaceForgetsData, "ext4-journal", kFile + "create /g\n",
       "write /g 0 512\nrename /g /f", ""},
      {kSizeBeforeData, "spec-strict", kFile, "append /f 512", ""},
      {kJournalOrderIgnored, "ext4-ordered", "", "create /f\ncreate /g", ""},
      {kTruncateKeepsBytes, "spec-strict", kFile,
       "truncate /f 100\ntruncate /f 512", ""},
      // The data goes into an atom record here, which takes two sectors, so
      // that it can be torn.
      {kTornRecordAccepted, "ext4-journal", kFile, "write /f 0 512", ""},
      {kBarrierIgnored, "macos", kFile + "create /g\n",
       "write /f 0 512\nbarrier_fsync /f\nwrite /g 0 512", ""},
      {kFailedFlushForgotten, "linux-man", kFile, "write /f 0 512", "fsync /f"},
      {kVolumeFlagsAccepted, "spec-strict", "", "nt_flush volume no_sync", ""},
      {kReadOnlyFlushes, "spec-strict", kFile + "open H /f read_only\n",
       "nt_flush H", ""},
      {kHandleFlushesOwn, "spec-strict", kFile + "open H /f\n",
       "write /f 0 512\nnt_flush H", ""},
      {kTruncateTrustsZeros, "ext4-ordered", kFile,
       "truncate /f 100\ntruncate /f 512", ""},
      {kDirectorySkipsOwnName, "ext4-ordered", "", "mkdir /d\nfsync /d", ""},
      {kDirectoryKeepsRemovedNames, "ext4-ordered", "mkdir /d\ncreate /d/f\n",
       "unlink /d/f\nfsync /d", ""},
      {kDirectoryFlushCleansFiles, "ext4-ordered", kFile + "mkdir /d\n",
       "write /f 0 512\nfsync /d\nfsync /f", ""},
      {kFsyncKeepsRemovedNames, "ext4-ordered", kFile + "link /f /g\n",
       "unlink /g\nfsync /f", ""},
      {kFsyncForgetsRename, "ext4-ordered", kFile, "rename /f /g\nfsync /g",
       ""},
      {kFsyncAfterLinkSkipsSize, "ext4-ordered", kFile + "link /f /g\n",
       "append /f 512\nfsync /f", ""},
      {kFallocateSizeForgotten, "ext4-ordered", kFile,
       "fallocate /f 512 512\nfsync /f", ""},
      {kSecondMsyncSkips, "ext4-ordered",
       "create /f\nwrite /f 0 8192\nmap V /f 0 8192\n",
       "store V 0 512\nstore V 4096 512\nmsync V 0 512\nmsync V 4096 512", ""},
      {kRenameLosesFile, "ext4-ordered", kFile, "rename /f /g", ""},
      {kReplaceRemovesTargetFirst, "ext4-ordered", kFile + "create /g\n",
       "rename /g /f", ""},
      {kReusedNameForgetsRename, "ext4-ordered", kFile,
       "rename /f /g\ncreate /f", ""},
      {kLinkResetsSize, "ext4-ordered", kFile, "link /f /g", ""},
  };
  return scenes;
}

}  // namespace powercut
