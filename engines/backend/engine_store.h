// EngineStore: one storage engine as a store of keys and values, for the ops
// `put`, `delete`, `commit` and `checkpoint` of workloads.

#ifndef POWERCUT_ENGINES_BACKEND_ENGINE_STORE_H_
#define POWERCUT_ENGINES_BACKEND_ENGINE_STORE_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "library/include/powercut/powercut.h"

namespace powercut {

// A key with its new value, or `std::nullopt` if the key is deleted.
struct StoreChange {
  std::string key;
  std::optional<std::string> value;
};

// An open engine. It works on a world, which must outlive it. Not thread-safe.
class EngineStore {
 public:
  EngineStore() = default;
  EngineStore(const EngineStore&) = delete;
  EngineStore& operator=(const EngineStore&) = delete;
  // Closes the engine.
  virtual ~EngineStore() = default;

  // Makes what the engine needs before its first commit. Does nothing if it is
  // there.
  // Errors: kIo, with the engine's own words; so it is for all that follows.
  virtual Status Prepare() = 0;
  // Makes the changes in their order, as one commit. A `sync` commit is
  // durable on return, unless the engine was asked for less. There may be no
  // changes: a `sync` commit then makes the earlier ones durable.
  // Requires: Prepare() succeeded.
  virtual Status Commit(const std::vector<StoreChange>& changes, bool sync) = 0;
  // Makes every commit durable.
  // Requires: Prepare() succeeded; Engine::checkpoints.
  virtual Status Checkpoint() = 0;
  // Returns all keys with their values, after the engine's own check of its
  // files. Empty if Prepare() was never called for these files.
  virtual Result<std::map<std::string, std::string>> Keys() = 0;
};

// An engine with its options.
struct Engine {
  // The word after `--backend`.
  std::string name;
  // The engine in words, with its version and its options.
  std::string description;
  // Opens the engine on a world, with its own recovery.
  // Errors: kIo.
  Result<std::unique_ptr<EngineStore>> (*open)(
      pc_world* world, const std::string& options) = nullptr;
  // What was given by --mount; already checked.
  std::string options;
  // Whether it can be asked for a checkpoint.
  bool checkpoints = true;
};

// Return the engine, with options in the form of `mount -o`; empty options are
// the defaults (docs/engines.md section 4).
// Errors: kUsage for an unknown option.
Result<Engine> SqliteEngine(const std::string& options);
Result<Engine> LevelDbEngine(const std::string& options);

}  // namespace powercut

#endif  // POWERCUT_ENGINES_BACKEND_ENGINE_STORE_H_
