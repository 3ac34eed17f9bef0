// The ops that promise and change nothing, in the order of OpKind.

#include "model/words/flush_ops.h"

namespace powercut {

bool IsFlush(OpKind kind) {
  switch (kind) {
    case OpKind::kFsync:
    case OpKind::kFdatasync:
    case OpKind::kSyncFileRange:
    case OpKind::kSyncfs:
    case OpKind::kFullFsync:
    case OpKind::kBarrierFsync:
    case OpKind::kNtFlush:
    case OpKind::kFlushFileBuffers:
    case OpKind::kMsync:
    case OpKind::kFlushView:
    case OpKind::kDiskFlush:
    case OpKind::kLogFlush:
    case OpKind::kLogFlushTo:
    case OpKind::kCheckpoint:
      return true;
    default:
      return false;
  }
}

}  // namespace powercut
