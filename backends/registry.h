// The backends by name: the ones that this program has, and the ones that it
// has not because something was missing when it was built, or, for ntfs-3g,
// because its module is missing now.

#ifndef POWERCUT_BACKENDS_REGISTRY_H_
#define POWERCUT_BACKENDS_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"

namespace powercut {

// Returns a new instance of the backend of this name, which formats and mounts
// with `options`.
// Errors: kMissing if the backend is known and this program does not have it
// (the message says what to install); kUsage if there is no such backend (the
// message lists the names and says which may be meant), or if it takes no
// options and `options` has some.
Result<std::unique_ptr<Backend>> MakeBackend(std::string_view name,
                                             const FormatOptions& options = {});

// Adds a backend that is made above this room, such as those of engines/. It
// stands after the others, and takes no options but --mount unless it refuses
// that, too.
// Requires: no other function of this header was called before, and no other
// thread runs.
void AddBackend(std::string name,
                std::function<Result<std::unique_ptr<Backend>>(
                    const FormatOptions& options)>
                    make);

// Returns the names of all backends that powercut knows, whether this program
// has them or not, in the order in which `powercut doctor` lists them.
std::vector<std::string> BackendNames();

// Returns the message for a name that no backend has: the nearest one by
// spelling, if one is near, and all that there are.
std::string UnknownBackend(std::string_view name);

// One line of `powercut doctor`.
struct BackendAvailability {
  std::string name;
  bool available = false;
  // What the backend runs, with its version, if it is available; else what is
  // missing.
  std::string detail;
};

// Returns a row for each backend that powercut knows, whether this program has
// it or not.
std::vector<BackendAvailability> ListBackends();

// What a backend offers of the ops of the text format.
struct BackendOps {
  std::string name;
  // Whether it is a file system of the running kernel.
  bool kernel = false;
  // BackendTraits::ops, and `wait` if ops can overlap.
  std::vector<OpKind> ops;

  bool Offers(OpKind kind) const;
};

// Returns a row for each backend that this program has, in the order of
// ListBackends(), whether it can run on this machine or not.
std::vector<BackendOps> ListBackendOps();

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_REGISTRY_H_
