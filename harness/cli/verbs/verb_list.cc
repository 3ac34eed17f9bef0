// The list of verbs. Each is a file of this folder, which defines the function
// that makes it.

#include "harness/cli/verbs/verb_list.h"

namespace powercut {

std::unique_ptr<Verb> MakeCheckVerb();
std::unique_ptr<Verb> MakeReplayVerb();
std::unique_ptr<Verb> MakeRegressVerb();
std::unique_ptr<Verb> MakeRunVerb();
std::unique_ptr<Verb> MakeRecordVerb();
std::unique_ptr<Verb> MakeExploreVerb();
std::unique_ptr<Verb> MakeShowVerb();
std::unique_ptr<Verb> MakeLitmusVerb();
std::unique_ptr<Verb> MakeExplainVerb();
std::unique_ptr<Verb> MakeMinimizeVerb();
std::unique_ptr<Verb> MakeAuditVerb();
std::unique_ptr<Verb> MakeModelVerb();
std::unique_ptr<Verb> MakeOpsVerb();
std::unique_ptr<Verb> MakeShardVerb();
std::unique_ptr<Verb> MakeMergeVerb();
std::unique_ptr<Verb> MakeReportVerb();
std::unique_ptr<Verb> MakeImportVerb();
std::unique_ptr<Verb> MakeExportVerb();
std::unique_ptr<Verb> MakeDoctorVerb();
std::unique_ptr<Verb> MakeHelpVerb();
std::unique_ptr<Verb> MakeVersionVerb();

namespace {

// The order is that of --help.
constexpr std::unique_ptr<Verb> (*kVerbs[])() = {
    MakeCheckVerb,   MakeReplayVerb,   MakeRegressVerb, MakeRunVerb,
    MakeRecordVerb,  MakeExploreVerb,  MakeShowVerb,    MakeLitmusVerb,
    MakeExplainVerb, MakeMinimizeVerb, MakeAuditVerb,   MakeModelVerb,
    MakeOpsVerb,     MakeShardVerb,    MakeMergeVerb,   MakeReportVerb,
    MakeImportVerb,  MakeExportVerb,   MakeDoctorVerb,  MakeHelpVerb,
    MakeVersionVerb,
};

}  // namespace

VerbList AddVerbs(CommandLine& command_line) {
  VerbList verbs;
  for (const auto make : kVerbs) {
    const Verb& verb = *verbs.emplace_back(make());
    FlagSet flags =
        command_line.AddVerb(verb.name(), verb.help(), verb.example());
    verbs.back()->DeclareFlags(flags);
  }
  return verbs;
}

}  // namespace powercut
