// `powercut record`: runs a program in a volume and saves what it wrote as a
// trace.

#include <memory>

#include "harness/cli/verbs/recorder.h"
#include "harness/cli/verbs/verb.h"

namespace powercut {
namespace {

class RecordVerb : public Verb {
 public:
  RecordVerb()
      : Verb(
            "record",
            "run a program in a volume and keep every write\n\nLines that it "
            "writes to the file $POWERCUT_ACKS are acks: what it promised "
            "from then on; the line powercut:attempt TEXT says what may be "
            "there as well. It runs in the volume, so that names outside must "
            "be absolute, as root in namespaces of its own; what it leaves "
            "running is killed.\n\nExit status: 0 "
            "written, and the program ended with 0; 3 written, but the program "
            "failed, was killed, found the disk full or changed nothing; 125, "
            "128, 129 not written",
            "powercut record -o log.trace -- sh -c 'echo 1 >log; sync log . && "
            "echo 1 >>$POWERCUT_ACKS'") {}

  void DeclareFlags(FlagSet& flags) override {
    DeclareRecording(flags, flags_);
    flags
        .Add(FlagGroup::kStorage, "--profile", flags_.profile,
             "how simfs behaves; default: linux-man")
        .Takes(FlagValue::kProfile);
    flags
        .Add(FlagGroup::kRecording, "--times", flags_.times,
             "record so often: -o t.trace makes t-1.trace, t-2.trace and on")
        .Between(1, 1000);
    flags.Add(FlagGroup::kOutput, "-o,--output", flags_.output, "the trace")
        .Required()
        .WritesFile();
    DeclareCommand(flags, flags_);
  }

  Result<ExitStatus> Run() const override { return RunRecord(flags_); }

 private:
  RecordFlags flags_;
};

}  // namespace

std::unique_ptr<Verb> MakeRecordVerb() {
  return std::make_unique<RecordVerb>();
}

}  // namespace powercut
