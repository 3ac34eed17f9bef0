// `powercut check`: explores the crashes of workloads and judges them.

#include <memory>

#include "harness/cli/verbs/checker.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

class CheckVerb : public Verb {
 public:
  CheckVerb()
      : Verb("check", "explore the crashes of workloads and judge them",
             "powercut check corpora/regressions/rename_replace.pcut") {}

  void DeclareFlags(FlagSet& flags) override {
    flags
        .Add(FlagGroup::kInput, "FILE", flags_.files,
             ".pcut files or saved traces")
        .Required()
        .ReadsFile();
    DeclareReport(flags, flags_.report);
    // A check command is for traces; `explore` has it.
    DeclareSetting(flags, flags_.input, flags_.oracle.probe, flags_.quiet);
    DeclareColor(flags);
    DeclareWeaken(flags, flags_.input);
    DeclareCrashSpace(flags, flags_.input);
    DeclareExplore(flags, flags_.explore);
    DeclareShard(flags, flags_.explore);
  }

  Result<ExitStatus> Run() const override { return RunCheck(flags_); }

 private:
  CheckFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeCheckVerb() { return std::make_unique<CheckVerb>(); }

}  // namespace powercut
