// CrashNow: one disk that a crash at this moment could leave, as a world of its
// own, while the first world goes on.

#ifndef POWERCUT_LIBRARY_STATES_CRASH_NOW_H_
#define POWERCUT_LIBRARY_STATES_CRASH_NOW_H_

#include <memory>
#include <string>

#include "harness/base/result.h"
#include "library/calls/call_log.h"
#include "library/files/world_disk.h"
#include "library/files/world_files.h"
#include "library/states/state_loop.h"

namespace powercut {

// Fills a new world with what a crash after all of `calls` leaves, as a set-up
// that is over: crashes of the new world begin behind it. `files` or `disk` is
// the new world, which is empty; the other one is `nullptr`. It must be a raw
// disk of the same size if options.raw_disk.
//
// `which` is `none` (nothing that is not durable is there), `all` (everything
// is), `random:SEED` (each block holds one of its versions at random), or the
// id of a state after all calls. The profile is the first one of `options`.
// O(calls and files).
// Errors: kUsage if there is no such state; those of ProfileRun::Record().
Status CrashNow(const Calls& calls, const LoopOptions& options,
                const std::string& which, WorldFiles* files, WorldDisk* disk,
                CallLog& log);

// The disk that such a crash leaves, of options.disk_bytes. A world of logs
// begins anew with it, since records keep their LSNs only where they are.
// `which`, costs and errors are as above.
Result<std::shared_ptr<const SparseImage>> CrashedDiskNow(
    const Calls& calls, const LoopOptions& options, const std::string& which);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_CRASH_NOW_H_
