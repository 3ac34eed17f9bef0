// `powercut run`: records a program and explores its crashes in every world, in
// one command. The steps are those of `record` and `explore`.

#include <memory>

#include "harness/cli/verbs/checker.h"
#include "harness/cli/verbs/recorder.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

class RunProgramVerb : public Verb {
 public:
  RunProgramVerb()
      : Verb("run",
             "record a program, and check what crashes leave of its files\n\n"
             "The program runs on simfs, without root, and what each profile "
             "lets a crash leave of its files is checked: the check command "
             "runs there, with the acks in force in the file $POWERCUT_ACKED; "
             "exit status 0: it holds. A table says in which worlds the "
             "program is safe.\n\nWith --fs ext4 and the like, root runs it on "
             "a "
             "file system of the kernel, which is the one world then.\n\nExit "
             "status: that of `explore`; 3 if all holds, but the program "
             "itself failed",
             "powercut run --quiet --check 'grep -qx -e old -e new f' -- sh -c "
             "'echo old >f; sync f .; echo powercut:start >>$POWERCUT_ACKS; "
             "echo new >f.tmp; mv f.tmp f'") {
    record_.output = "powercut-run.trace";
  }

  void DeclareFlags(FlagSet& flags) override {
    DeclareOracle(flags, check_.oracle);
    flags
        .Add(FlagGroup::kStorage, "--profile", record_.profile,
             "the worlds, e.g. xfs,btrfs, or all; default: linux")
        .Takes(FlagValue::kProfile, "NAMES")
        .HoldsCommas()
        .AlsoTakes({"linux", "all"});
    DeclareRecording(flags, record_);
    flags
        .Add(FlagGroup::kOutput, "-o,--output", record_.output,
             "the trace; default: powercut-run.trace")
        .WritesFile();
    DeclareAtomic(flags, check_.input.atomic_bytes);
    flags.Add(FlagGroup::kOutput, "--quiet", check_.quiet, "results only");
    DeclareColor(flags);
    DeclareReport(flags, check_.report);
    DeclareCrashSpace(flags, check_.input);
    DeclareExploreBounds(flags, check_.explore, "20s");
    DeclareCommand(flags, record_);
  }

  Result<ExitStatus> Run() const override {
    RecordFlags record = record_;
    CheckFlags check = check_;
    check.files = {record.output};
    if (record.fs == "simfs") {
      check.profiles = record.profile.empty() ? "linux" : record.profile;
      // Which profile the recording itself has makes no difference.
      record.profile.clear();
    }
    check.explore.seed = record.seed;
    POWERCUT_TRY(CheckFlagValues(check));
    POWERCUT_ASSIGN(const ExitStatus recorded, RunRecord(record));
    POWERCUT_ASSIGN(const ExitStatus checked, RunCheck(check));
    return checked == kExitHolds ? recorded : checked;
  }

 private:
  RecordFlags record_;
  CheckFlags check_;
};

}  // namespace

std::unique_ptr<Verb> MakeRunVerb() {
  return std::make_unique<RunProgramVerb>();
}

}  // namespace powercut
