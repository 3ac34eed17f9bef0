// The backend `clfs`: it runs the log ops of a workload on the CLFS interface
// of clfs_log.h, and shows what a reader of that interface finds.
//
// Ops name records by their place in the order of appends (`log_flush_to L K`),
// so that a mount remembers the LSN of each append. A new mount numbers from 1
// the records that it can read when it opens the log.
//
// Ops fail with the statuses of LogStatusName(), among them
// STATUS_INVALID_HANDLE if the log was not opened or the area was not made, and
// with STATUS_CANCELLED if a remount ended the op that is waited for.

#ifndef POWERCUT_BACKENDS_CLFS_CLFS_BACKEND_H_
#define POWERCUT_BACKENDS_CLFS_CLFS_BACKEND_H_

#include <memory>

#include "backends/clfs/clfs_bugs.h"
#include "harness/backend.h"

namespace powercut {

// Makes the backend with a bug planted (for tests), or without one.
std::unique_ptr<Backend> MakeClfsBackend(ClfsBug bug);
std::unique_ptr<Backend> MakeClfsBackend();

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_CLFS_CLFS_BACKEND_H_
