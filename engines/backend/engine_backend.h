// EngineBackend: a storage engine under test. It runs on the files of simfs, as
// it runs on those of a world of the library.

#ifndef POWERCUT_ENGINES_BACKEND_ENGINE_BACKEND_H_
#define POWERCUT_ENGINES_BACKEND_ENGINE_BACKEND_H_

#include <memory>

#include "engines/backend/engine_store.h"
#include "harness/backend.h"

namespace powercut {

// Its observation is the keys and values. What an engine writes in its own
// recovery reaches the disk with the first op that follows, or at the shutdown.
// If a request of the disk fails, all later ops fail, too.
std::unique_ptr<Backend> MakeEngineBackend(Engine engine);

// Adds `sqlite` and `leveldb` to the backends of backends/registry.h. An engine
// that was missing when this was built has a row that says what to install.
// Call it once, before the first backend is asked for.
void AddEngineBackends();

}  // namespace powercut

#endif  // POWERCUT_ENGINES_BACKEND_ENGINE_BACKEND_H_
