// The tool `powercut`: a list of verbs. Each declares its flags; the verb that
// the command line names runs. What surrounds every verb is here, too: what the
// process inherits is made the same, and output that was lost is an error.

#include <memory>
#include <vector>

#include "engines/backend/engine_backend.h"
#include "harness/base/check_failure.h"
#include "harness/cli/exit_status.h"
#include "harness/cli/input/flag_set.h"
#include "harness/cli/terminal/standard_output.h"
#include "harness/cli/verbs/verb.h"
#include "harness/system/process_setup.h"

namespace powercut {
namespace {

constexpr const char* kHelp =
    "powercut: checks that storage keeps its promises when the "
    "power goes\n\nExit status: 0 holds, 1 violation, 2 unknown, "
    "125 cannot run here, 128 internal error, 129 usage, 130 "
    "interrupted";

// The order is that of --help.
constexpr std::unique_ptr<Verb> (*kVerbs[])() = {
    MakeCheckVerb,    MakeReplayVerb, MakeRunVerb,    MakeRecordVerb,
    MakeExploreVerb,  MakeShowVerb,   MakeLitmusVerb, MakeExplainVerb,
    MakeMinimizeVerb, MakeAuditVerb,  MakeModelVerb,  MakeOpsVerb,
    MakeMergeVerb,    MakeImportVerb, MakeExportVerb, MakeDoctorVerb,
};

ExitStatus RunVerb(int argc, char** argv) {
  CommandLine command_line("powercut", kHelp);
  std::vector<std::unique_ptr<Verb>> verbs;
  for (const auto make : kVerbs) {
    verbs.push_back(make());
    FlagSet flags =
        command_line.AddVerb(verbs.back()->name(), verbs.back()->help());
    verbs.back()->DeclareFlags(flags);
  }
  // The values of all flags live in the verbs, also of those that do not run.
  const auto named = command_line.Parse(argc, argv);
  if (!named) return Fail(named.error());
  if (!*named) return kExitHolds;  // --help was printed
  for (const auto& verb : verbs) {
    if (verb->name() != **named) continue;
    const Result<ExitStatus> status =
        WithShortages([&] { return verb->Run(); });
    return status ? *status : Fail(status.error());
  }
  return kExitInternal;
}

int Main(int argc, char** argv) {
  SetUpProcess();
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
