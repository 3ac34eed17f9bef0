// SimfsBugs: faults that can be planted in simfs, to see them caught. Each
// breaks one rule; those marked (strong) promise more than they may, so that
// something that must be reachable is not.

#ifndef POWERCUT_BACKENDS_SIMFS_SIMFS_BUGS_H_
#define POWERCUT_BACKENDS_SIMFS_SIMFS_BUGS_H_

#include <array>
#include <cstdint>
#include <set>
#include <string_view>

namespace powercut {

enum class SimfsBug : uint8_t {
  kFsyncSkipsData,        // a full flush leaves the data behind
  kFsyncSkipsShape,       // a full flush leaves size and map behind
  kFsyncSkipsTimes,       // a full flush leaves times behind
  kFsyncSkipsDevice,      // no flush of a file flushes the device
  kFdatasyncSkipsSize,    // fdatasync writes data only
  kDataOnlyIsFull,        // file_data_only is a full flush (strong)
  kFullIsDataOnly,        // a flush without flags writes placed data only
  kNoSyncFlushesDevice,   // no_sync flushes the device all the same (strong)
  kDataSyncWritesTimes,   // file_data_sync_only writes times (strong)
  kDataSyncSkipsSize,     // file_data_sync_only writes placed data only
  kDirectorySkipsNames,   // a flush of a directory leaves its names behind
  kSyncfsMissesOneFile,   // syncfs forgets the file created last
  kViewIgnoresPages,      // a view flush is not widened to pages
  kViewZeroIsNothing,     // a view flush of length 0 flushes nothing
  kViewReachesMedia,      // flush_view flushes the device (strong)
  kMsyncAsyncIsSync,      // msync async does what msync does (strong)
  kMsyncSkipsDevice,      // msync stops at the device
  kRangeIgnored,          // sync_file_range writes the whole file (strong)
  kDsyncSkipsFua,         // a dsync or sync write stops at the device
  kSyncWriteSkipsTimes,   // a sync write is a dsync write
  kWriteThroughIgnored,   // write_through is an ordinary write
  kPreflushIgnored,       // disk_write preflush is an ordinary write
  kFuaIgnored,            // disk_write fua is an ordinary write
  kRenameInTwoRecords,    // every rename can be found half done
  kReplaceForgetsData,    // a replacing rename does not bring the data
  kSizeBeforeData,        // new space shows what was on the disk before
  kJournalOrderIgnored,   // metadata in any order
  kTruncateKeepsBytes,    // bytes cut off come back when the file regrows
  kTornRecordAccepted,    // records are not checked
  kBarrierIgnored,        // barrier_fsync orders nothing
  kFailedFlushForgotten,  // a flush that failed taints nothing (strong)
  kVolumeFlagsAccepted,   // flags with `volume` are no error
  kReadOnlyFlushes,       // a read-only handle may flush
  kHandleFlushesOwn,      // a flush covers only what its handle wrote
  kTruncateTrustsZeros,   // what a truncation zeroes in place may come back
};

inline constexpr size_t kSimfsBugCount =
    static_cast<size_t>(SimfsBug::kTruncateTrustsZeros) + 1;

using SimfsBugs = std::set<SimfsBug>;

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_SIMFS_SIMFS_BUGS_H_
