// The tool `powercut`: the verb that the command line names runs. What
// surrounds every verb is here, too: what the process inherits is made the
// same, and output that was lost is an error.

#include <string_view>

#include "engines/backend/engine_backend.h"
#include "harness/base/check_failure.h"
#include "harness/cli/exit_status.h"
#include "harness/cli/input/flag_set.h"
#include "harness/cli/terminal/standard_output.h"
#include "harness/cli/verbs/verb.h"
#include "harness/cli/verbs/verb_list.h"
#include "harness/system/process_setup.h"

namespace powercut {
namespace {

ExitStatus RunVerb(int argc, char** argv) {
  CommandLine command_line;
  const VerbList verbs = AddVerbs(command_line);
  const auto named = command_line.Parse(argc, argv);
  if (!named) return Fail(named.error());
  for (const auto& verb : verbs) {
    if (verb->name() != *named) continue;
    const Result<ExitStatus> status =
        WithShortages([&] { return verb->Run(); });
    return status ? *status : Fail(status.error());
  }
  return kExitInternal;
}

int Main(int argc, char** argv) {
  SetUpProcess();
  // Scripts ask any program for its version in this way.
  static char version[] = "version";
  if (argc > 1 && std::string_view(argv[1]) == "--version") argv[1] = version;
  EndFailedChecksWithStatus();
  AddEngineBackends();
  const ExitStatus status = RunVerb(argc, argv);
  // Scripts take the exit status for the whole answer. It must not say that all
  // is well if the report was lost.
  const Status printed = FinishStandardOutput();
  return printed ? status : WorseStatus(status, Fail(printed.error()));
}

}  // namespace
}  // namespace powercut

int main(int argc, char** argv) { return powercut::Main(argc, argv); }
