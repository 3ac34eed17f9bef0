// The backends by name: those built into this program, and those that are not
// because something was missing when it was built.

#ifndef POWERCUT_BACKENDS_REGISTRY_H_
#define POWERCUT_BACKENDS_REGISTRY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"

namespace powercut {

// All that are built in and need no rights: those in process.
std::vector<std::unique_ptr<Backend>> MakeBackends();

// Errors: kMissing (a known backend that is not built in; says what to
// install), kUsage (no such backend; lists those there are; options that it
// does not take).
Result<std::unique_ptr<Backend>> MakeBackend(std::string_view name,
                                             const FormatOptions& options = {});

struct BackendAvailability {
  std::string name;
  bool available = false;
  // Available: what it runs, with its version. Else: what to install.
  std::string detail;
};

// Every known backend, for `powercut doctor`.
std::vector<BackendAvailability> ListBackends();

}  // namespace powercut

#endif  // POWERCUT_BACKENDS_REGISTRY_H_
