// `powercut explore`: mounts the crash states of a trace and checks them. The
// work is that of `check`; the flags are those of traces. Only what was
// recorded on simfs has a profile that can be chosen.

#include <memory>

#include "harness/cli/verbs/checker.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

class ExploreVerb : public Verb {
 public:
  ExploreVerb()
      : Verb("explore",
             "mount the crash states of a trace and check them\n\nThe check "
             "command runs in the recovered volume, with the acks in force in "
             "the file $POWERCUT_ACKED; exit status 0: it holds. Without one, "
             "the volume must mount, read whole and take writes. With --fsck, "
             "the file system's own checker must find nothing in it, either.",
             "powercut explore log.trace --check 'test ! -s $POWERCUT_ACKED || "
             "grep -q 1 log'") {}

  void DeclareFlags(FlagSet& flags) override {
    flags.Add(FlagGroup::kInput, "TRACE", flags_.files, "saved traces")
        .Required()
        .ReadsFile();
    DeclareOracle(flags, flags_.oracle);
    flags
        .Add(FlagGroup::kStorage, "--fs,--backend", flags_.input.backend,
             "file system, if not as the trace says")
        .Takes(FlagValue::kBackend);
    flags
        .Add(FlagGroup::kInput, "--from", flags_.input.from,
             "begin at this mark or ack; MARK#2 is the second one")
        .Takes(FlagValue::kText, "MARK");
    flags
        .Add(FlagGroup::kStorage, "--profile", flags_.profiles,
             "of programs on simfs: the worlds, e.g. xfs,btrfs, or all")
        .Takes(FlagValue::kProfile, "NAMES")
        .HoldsCommas()
        .AlsoTakes({"linux", "all"});
    DeclareFormat(flags, flags_.input.format);
    DeclareFaults(flags, flags_.input.faults);
    DeclareAtomic(flags, flags_.input.atomic_bytes);
    flags.Add(FlagGroup::kOutput, "--quiet", flags_.quiet, "results only");
    DeclareColor(flags);
    DeclareReport(flags, flags_.report);
    DeclareCrashSpace(flags, flags_.input);
    DeclareExplore(flags, flags_.explore);
    DeclareShard(flags, flags_.explore);
  }

  Result<ExitStatus> Run() const override { return RunCheck(flags_); }

 private:
  CheckFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeExploreVerb() {
  return std::make_unique<ExploreVerb>();
}

}  // namespace powercut
