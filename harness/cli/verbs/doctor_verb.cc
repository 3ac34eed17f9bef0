// `powercut doctor`: lists what can run here, and what is missing for the rest.

#include <cstdio>
#include <memory>

#include "backends/registry.h"
#include "harness/cli/input/programs.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

class DoctorVerb : public Verb {
 public:
  DoctorVerb()
      : Verb("doctor", "what can run here, and what is missing",
             "powercut doctor") {}

  void DeclareFlags(FlagSet& /*flags*/) override {}

  Result<ExitStatus> Run() const override {
    // One missing backend is not an error, since nobody needs them all.
    bool any = false;
    for (const BackendAvailability& backend : ListBackends()) {
      std::printf("%-10s %-8s %s\n", backend.name.c_str(),
                  backend.available ? "ready" : "missing",
                  backend.detail.c_str());
      any = any || backend.available;
    }
    const std::string lack = ProgramsLack();
    std::printf("%-10s %-8s %s\n", "programs",
                lack.empty() ? "ready" : "missing",
                lack.empty() ? "on simfs, mounted through FUSE (record, run)"
                             : lack.c_str());
    if (!any) {
      std::printf("no backend can run here\n");
      return kExitCannotRun;
    }
    return kExitHolds;
  }
};

}  // namespace

std::unique_ptr<Verb> MakeDoctorVerb() {
  return std::make_unique<DoctorVerb>();
}

}  // namespace powercut
