// The backend `clfs`: the log ops of a workload on the CLFS interface of
// clfs_log.h, and what its reader shows after a crash.
//
// Record numbers of ops (log_flush_to L K and the like) are places in the order
// of appends: the mount remembers the LSN of each. After a crash a mount
// numbers what it can read from 1.
//
// Statuses: those of LogStatusName(); STATUS_INVALID_HANDLE for a log that was
// not opened or an area that was not made; STATUS_CANCELLED for the wait for an
// op that a remount ended.

#ifndef POWERCUT_BACKENDS_CLFS_CLFS_BACKEND_H_
#define POWERCUT_BACKENDS_CLFS_CLFS_BACKEND_H_

#include <memory>

#include "backends/clfs/clfs_bugs.h"
#include "harness/backend.h"

namespace powercut {

// With a bug, the same with that bug planted.
std::unique_ptr<Backend> MakeClfsBackend(ClfsBug bug);
std::unique_ptr<Backend> MakeClfsBackend();

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_CLFS_CLFS_BACKEND_H_
