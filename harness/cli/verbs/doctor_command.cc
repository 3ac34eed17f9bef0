// `powercut doctor`: what can run here, and what is missing.

#include <cstdio>

#include "backends/registry.h"
#include "harness/cli/verbs/commands.h"

namespace powercut {

ExitStatus RunDoctor() {
  bool any = false;
  for (const BackendAvailability& backend : ListBackends()) {
    std::printf("%-10s %-8s %s\n", backend.name.c_str(),
                backend.available ? "ready" : "missing",
                backend.detail.c_str());
    any = any || backend.available;
  }
  if (!any) {
    std::printf("no backend can run here\n");
    return kExitCannotRun;
  }
  return kExitHolds;
}

ExitStatus Fail(const Error& error) {
  std::fprintf(stderr, "powercut: %s\n", error.message.c_str());
  return ExitStatusOf(error.code);
}

}  // namespace powercut
