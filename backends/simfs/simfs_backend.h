// The backend `simfs`: the weakest lawful file system. Whatever a profile lets
// a crash leave, simfs can leave; nothing else. See README.md for how.

#ifndef POWERCUT_BACKENDS_SIMFS_SIMFS_BACKEND_H_
#define POWERCUT_BACKENDS_SIMFS_SIMFS_BACKEND_H_

#include <memory>

#include "backends/simfs/simfs_bugs.h"
#include "harness/backend.h"

namespace powercut {

std::unique_ptr<Backend> MakeSimfsBackend();

// With planted bugs, for tests of what catches them.
std::unique_ptr<Backend> MakeSimfsBackend(SimfsBugs bugs);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_SIMFS_SIMFS_BACKEND_H_
