// Selects the row of an op by its kind, its flags, the flags of its handle, and
// whether it stands for a directory.
//
// Method: each kind of op that has more than one row has a function here; where
// several rows fit, the first one in the function counts. All other kinds have
// one row, or none: ops that no function knows get kWrite, which promises only
// what every op does. Example: `write H 0 512 dsync` through a handle that was
// opened with `write_through` is kWriteDsync, which promises more than
// kWriteThrough.

#include "model/table/primitive_of.h"

#include <algorithm>
#include <string_view>

namespace powercut {
namespace {

// The parser keeps handles from having this name.
bool IsVolume(const Op& op) {
  return !op.names.empty() && op.names[0] == "volume";
}

// A flag of the write and the same flag of the handle promise the same. They
// have two rows, so that `powercut model` can cite the document of each.
Primitive OfWrite(const Op& op, std::span<const std::string> handle_flags) {
  const auto opened = [&](std::string_view flag) {
    return std::find(handle_flags.begin(), handle_flags.end(), flag) !=
           handle_flags.end();
  };
  if (op.HasFlag("sync")) return Primitive::kWriteSync;
  if (opened("sync")) return Primitive::kOpenSync;
  if (op.HasFlag("dsync")) return Primitive::kWriteDsync;
  if (opened("dsync")) return Primitive::kOpenDsync;
  if (opened("write_through")) {
    return opened("no_buffering") ? Primitive::kNoBufferingWriteThrough
                                  : Primitive::kWriteThrough;
  }
  if (opened("no_buffering")) return Primitive::kNoBuffering;
  if (opened("direct")) return Primitive::kOpenDirect;
  return Primitive::kWrite;
}

// Selects by the value of the parameter Flags, which a workload gives as a word
// or as a number; numbers are compared as text, since they are canonical. Where
// several flags are asked for, or one that is not documented, the call must
// fail, so that it gets the row that promises nothing of its own. A
// directory has a row of its own for calls without a flag only
// (docs/semantics.md 1.1).
Primitive OfNtFlush(const Op& op, bool is_directory) {
  const std::string_view number = op.Key("flags").value_or("");
  if (op.flags.size() > 1 || (!op.flags.empty() && !number.empty())) {
    return Primitive::kWrite;
  }
  if (op.HasFlag("file_data_only") || number == "1") {
    return Primitive::kNtFlushDataOnly;
  }
  if (op.HasFlag("no_sync") || number == "2") return Primitive::kNtFlushNoSync;
  if (op.HasFlag("file_data_sync_only") || number == "4") {
    return Primitive::kNtFlushDataSyncOnly;
  }
  // What is left is the word `null_status` or an unknown number.
  if (!op.flags.empty() || (!number.empty() && number != "0")) {
    return Primitive::kWrite;
  }
  if (IsVolume(op)) return Primitive::kNtFlushVolume;
  if (is_directory) return Primitive::kNtFlushDirectory;
  return number.empty() ? Primitive::kNtFlushBuffersFile
                        : Primitive::kNtFlushFull;
}

// The stronger flag counts: a flush also queues the record.
Primitive OfLogAppend(const Op& op) {
  if (op.HasFlag("force_flush")) return Primitive::kLogForceFlush;
  if (op.HasFlag("force_append")) return Primitive::kLogForceAppend;
  return Primitive::kLogAppend;
}

Primitive OfDiskWrite(const Op& op) {
  const bool preflush = op.HasFlag("preflush");
  if (op.HasFlag("fua")) {
    return preflush ? Primitive::kDiskWriteFuaPreflush
                    : Primitive::kDiskWriteFua;
  }
  if (preflush) return Primitive::kDiskWritePreflush;
  return Primitive::kDiskWrite;
}

// Selects for ops of files and views; kWrite for all others.
Primitive OfFileOp(const Op& op, bool is_directory) {
  switch (op.kind) {
    case OpKind::kFlushFileBuffers:
      if (IsVolume(op)) return Primitive::kFlushFileBuffersVolume;
      return is_directory ? Primitive::kNtFlushDirectory
                          : Primitive::kFlushFileBuffers;
    case OpKind::kFlushView:
      return op.numbers[1] == 0 ? Primitive::kFlushViewToEnd
                                : Primitive::kFlushViewRange;
    case OpKind::kFsync:
      return is_directory ? Primitive::kFsyncDirectory : Primitive::kFsync;
    case OpKind::kFdatasync:
      // The data of a directory is its names, so that both calls do the same.
      return is_directory ? Primitive::kFsyncDirectory : Primitive::kFdatasync;
    case OpKind::kSyncFileRange:
      return Primitive::kSyncFileRange;
    case OpKind::kSyncfs:
      return Primitive::kSyncfs;
    case OpKind::kMsync:
      return op.HasFlag("async") ? Primitive::kMsyncAsync : Primitive::kMsync;
    case OpKind::kFullFsync:
      return Primitive::kFullFsync;
    case OpKind::kBarrierFsync:
      return Primitive::kBarrierFsync;
    default:
      return Primitive::kWrite;
  }
}

// Selects for ops of logs, devices and stores; kWrite for all others.
Primitive OfOtherOp(const Op& op) {
  switch (op.kind) {
    case OpKind::kLogAppend:
      return OfLogAppend(op);
    case OpKind::kLogFlush:
      return Primitive::kLogFlush;
    case OpKind::kLogFlushTo:
      // CLFS_LSN_NULL stands for a flush of the area, not of the whole log.
      return op.numbers[0] == 0 ? Primitive::kLogFlushToNull
                                : Primitive::kLogFlushToLsn;
    case OpKind::kLogRestart:
      return Primitive::kLogRestart;
    case OpKind::kLogAdvanceBase:
      return Primitive::kLogAdvanceBase;
    case OpKind::kLogArchiveTail:
      return Primitive::kLogArchiveTail;
    case OpKind::kLogReset:
      return Primitive::kLogReset;
    case OpKind::kDiskWrite:
      return OfDiskWrite(op);
    case OpKind::kDiskFlush:
      return Primitive::kDiskFlush;
    case OpKind::kDiskDiscard:
      return Primitive::kDiskDiscard;
    case OpKind::kCommit:
      // A `commit` that says neither is synchronous.
      return op.HasFlag("nosync") ? Primitive::kCommitLazy : Primitive::kCommit;
    case OpKind::kCheckpoint:
      return Primitive::kCheckpoint;
    default:
      return Primitive::kWrite;
  }
}

}  // namespace

Primitive PrimitiveOf(const Op& op, std::span<const std::string> handle_flags,
                      bool is_directory) {
  if (op.kind == OpKind::kWrite || op.kind == OpKind::kAppend) {
    return OfWrite(op, handle_flags);
  }
  if (op.kind == OpKind::kNtFlush) return OfNtFlush(op, is_directory);
  const Primitive of_file = OfFileOp(op, is_directory);
  return of_file != Primitive::kWrite ? of_file : OfOtherOp(op);
}

}  // namespace powercut
