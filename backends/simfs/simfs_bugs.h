// SimfsBugs: bugs that tests plant in simfs to see that something finds them.
// Each bug breaks one rule. A bug that is marked (strong) makes simfs promise
// more than it may, so that a state that a crash must be able to leave is
// missing.

#ifndef POWERCUT_BACKENDS_SIMFS_SIMFS_BUGS_H_
#define POWERCUT_BACKENDS_SIMFS_SIMFS_BUGS_H_

#include <array>
#include <cstdint>
#include <set>
#include <string_view>

namespace powercut {

enum class SimfsBug : uint8_t {
  kFsyncSkipsData,        // A full flush does not carry data.
  kFsyncSkipsShape,       // A full flush does not carry size and map.
  kFsyncSkipsTimes,       // A full flush does not carry times.
  kFsyncSkipsDevice,      // No flush of one object flushes the device.
  kFdatasyncSkipsSize,    // fdatasync carries data only.
  kDataOnlyIsFull,        // file_data_only is a full flush (strong).
  kFullIsDataOnly,        // A flush without flags carries placed data only.
  kNoSyncFlushesDevice,   // no_sync makes what it covers durable (strong).
  kDataSyncWritesTimes,   // file_data_sync_only carries times (strong).
  kDataSyncSkipsSize,     // file_data_sync_only carries placed data only.
  kDirectorySkipsNames,   // A flush of a directory does not carry its names.
  kSyncfsMissesOneFile,   // syncfs skips the file with the largest inode.
  kViewIgnoresPages,      // A view flush is not widened to pages.
  kViewZeroIsNothing,     // A view flush of length 0 flushes nothing.
  kViewReachesMedia,      // flush_view flushes the device (strong).
  kMsyncAsyncIsSync,      // msync async does what msync does (strong).
  kMsyncSkipsDevice,      // msync stops at the device.
  kRangeIgnored,          // sync_file_range covers the whole file (strong).
  kDsyncSkipsFua,         // A dsync or sync write stops at the device.
  kSyncWriteSkipsTimes,   // A sync write is a dsync write.
  kWriteThroughIgnored,   // A write-through write is an ordinary write.
  kPreflushIgnored,       // disk_write preflush is an ordinary write.
  kFuaIgnored,            // disk_write fua is an ordinary write.
  kRenameInTwoRecords,    // Every rename can be found half done.
  kReplaceForgetsData,    // A replacing rename does not bring the data.
  kSizeBeforeData,        // New space shows what was on the disk before.
  kJournalOrderIgnored,   // Journals order nothing.
  kTruncateKeepsBytes,    // Bytes cut off come back when the file grows.
  kTornRecordAccepted,    // Checksums of records are taken on trust.
  kBarrierIgnored,        // barrier_fsync orders nothing.
  kFailedFlushForgotten,  // A flush that failed taints nothing (strong).
  kVolumeFlagsAccepted,   // Flags with `volume` are no error.
  kReadOnlyFlushes,       // A read-only handle may flush.
  kHandleFlushesOwn,      // A flush covers only what its handle wrote.
  kTruncateTrustsZeros,   // What a truncation zeroed in place may come back.
  // Faults that kernels had. docs/semantics.md 3.3 names the regression tests
  // of xfstests and the findings of CrashMonkey that each of them stands for.
  kDirectorySkipsOwnName,  // A flush of a directory does not carry its name.
  kDirectoryKeepsRemovedNames,  // It carries names that were added only.
  kDirectoryFlushCleansFiles,   // What was written before it is not flushed.
  kFsyncKeepsRemovedNames,      // A full flush carries no removal of a name.
  kFsyncForgetsRename,          // A full flush carries no name from a rename.
  kFsyncAfterLinkSkipsSize,     // Nor the size, if the file has two names.
  kFallocateSizeForgotten,      // Nor the size that fallocate set.
  kSecondMsyncSkips,            // The second msync of a file carries nothing.
  kRenameLosesFile,             // A rename can leave neither name.
  kReplaceRemovesTargetFirst,   // A replacing rename can leave no target.
  kReusedNameForgetsRename,     // A new name can come before the old one moved.
  kLinkResetsSize,              // A link sets the size to 0 for a moment.
};

inline constexpr size_t kSimfsBugCount =
    static_cast<size_t>(SimfsBug::kLinkResetsSize) + 1;

using SimfsBugs = std::set<SimfsBug>;

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_SIMFS_SIMFS_BUGS_H_
