#include "model/table/primitive_of.h"

#include <algorithm>
#include <string_view>

namespace powercut {
namespace {

bool IsVolume(const Op& op) {
  return !op.names.empty() && op.names[0] == "volume";
}

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

// By the value of `Flags`; nothing is promised where several are asked for,
// or one that is not documented: such a call fails.
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
  if (!op.flags.empty() || (!number.empty() && number != "0")) {
    return Primitive::kWrite;
  }
  if (IsVolume(op)) return Primitive::kNtFlushVolume;
  if (is_directory) return Primitive::kNtFlushDirectory;
  return number.empty() ? Primitive::kNtFlushBuffersFile
                        : Primitive::kNtFlushFull;
}

Primitive OfLogAppend(const Op& op) {
  if (op.HasFlag("force_flush")) return Primitive::kLogForceFlush;
  if (op.HasFlag("force_append")) return Primitive::kLogForceAppend;
  return Primitive::kLogAppend;
}

Primitive OfDiskWrite(const Op& op) {
  if (op.HasFlag("fua")) return Primitive::kDiskWriteFua;
  if (op.HasFlag("preflush")) return Primitive::kDiskWritePreflush;
  return Primitive::kDiskWrite;
}

// The ops of files and views.
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
      // What a directory has is names: they are its data.
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

// The ops of logs, devices and stores.
Primitive OfOtherOp(const Op& op) {
  switch (op.kind) {
    case OpKind::kLogAppend:
      return OfLogAppend(op);
    case OpKind::kLogFlush:
      return Primitive::kLogFlush;
    case OpKind::kLogFlushTo:
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
