// Sets of ops that more than one backend offers, so that the traits of a
// backend name only what it adds to them.

#ifndef POWERCUT_BACKENDS_OPS_H_
#define POWERCUT_BACKENDS_OPS_H_

#include <initializer_list>
#include <span>
#include <vector>

#include "model/words/op.h"

namespace powercut {

// The ops that every file system here offers.
inline constexpr OpKind kFileOps[] = {
    // Names.
    OpKind::kCreate, OpKind::kMkdir, OpKind::kRename, OpKind::kLink,
    OpKind::kUnlink, OpKind::kRmdir,
    // Data and sizes.
    OpKind::kWrite, OpKind::kAppend, OpKind::kTruncate, OpKind::kSetEndOfFile,
    // Handles.
    OpKind::kOpen, OpKind::kClose,
    // Flushes of Linux, macOS and NT.
    OpKind::kFsync, OpKind::kFdatasync, OpKind::kSyncFileRange, OpKind::kSyncfs,
    OpKind::kFullFsync, OpKind::kBarrierFsync, OpKind::kNtFlush,
    OpKind::kFlushFileBuffers,
    // Mapped views.
    OpKind::kMap, OpKind::kStore, OpKind::kMsync, OpKind::kFlushView,
    OpKind::kUnmap};

// Returns the ops of a set, followed by `others`, as BackendTraits::ops takes
// them. No output of powercut depends on their order.
inline std::vector<OpKind> JoinOps(std::span<const OpKind> set,
                                   std::initializer_list<OpKind> others) {
  std::vector<OpKind> joined(set.begin(), set.end());
  joined.insert(joined.end(), others);
  return joined;
}

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_OPS_H_
