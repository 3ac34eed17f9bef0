// The backend `simfs`: the weakest lawful file system. It can leave every state
// that its profile lets a crash leave, and no other. backends/simfs/README.md
// explains how.

#ifndef POWERCUT_BACKENDS_SIMFS_SIMFS_BACKEND_H_
#define POWERCUT_BACKENDS_SIMFS_SIMFS_BACKEND_H_

#include <memory>

#include "backends/simfs/simfs_bugs.h"
#include "harness/backend.h"

namespace powercut {

// Makes the backend without bugs.
std::unique_ptr<Backend> MakeSimfsBackend();

// Makes the backend with bugs planted, for tests that something finds them.
std::unique_ptr<Backend> MakeSimfsBackend(SimfsBugs bugs);

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_SIMFS_SIMFS_BACKEND_H_
