// Declares the flags of the input in the order in which --help lists them. What
// several verbs offer has its text here once.

#include "harness/cli/input/input_flags.h"

#include "harness/cli/terminal/verdict_color.h"

namespace powercut {

void DeclareSetting(FlagSet& flags, InputFlags& input, bool& probe,
                    bool& quiet) {
  flags
      .Add(FlagGroup::kStorage, "--backend,--fs", input.backend,
           "the storage under test")
      .Takes(FlagValue::kBackend);
  DeclareFormat(flags, input.format);
  flags
      .Add(FlagGroup::kStorage, "--profile", input.profile,
           "judge by what this profile promises")
      .Takes(FlagValue::kProfile);
  DeclareAtomic(flags, input.atomic_bytes);
  flags
      .Add(FlagGroup::kJudging, "--probe", probe,
           "use the volume after recovery, and look again")
      .Rare();
  DeclareFaults(flags, input.faults);
  flags.Add(FlagGroup::kOutput, "--quiet", quiet, "results only");
}

void DeclareColor(FlagSet& flags) {
  flags.Add(FlagGroup::kOutput, "--color", ColorWord(), "colors of verdicts")
      .OneOf({kColorAuto, kColorAlways, kColorNever});
}

void DeclareCrashSpace(FlagSet& flags, InputFlags& input) {
  flags
      .Add(FlagGroup::kSpace, "--crash", input.crash_kinds,
           "kinds of crash: process, os, power")
      .Takes(FlagValue::kCrashKind)
      .SplitAtCommas()
      .OneValueEach();
  flags
      .Add(FlagGroup::kSpace, "--space", input.space,
           "prefix, epoch:K, sample:N or exhaustive, with +torn:T")
      .Takes(FlagValue::kSpace);
}

void DeclareState(FlagSet& flags, std::string& file, std::string& at) {
  flags.Add(FlagGroup::kInput, "FILE", file, "a .pcut file or saved trace")
      .Required()
      .ReadsFile();
  flags.Add(FlagGroup::kInput, "--at", at, "id of the state")
      .Takes(FlagValue::kStateId)
      .Required();
}

void DeclareWeaken(FlagSet& flags, InputFlags& input) {
  flags
      .Add(FlagGroup::kFaults, "--weaken", input.weaken,
           "LINE: the storage leaves out the sync of this line and says that "
           "it did it; LINE=OP: it does OP in its place, such as fdatasync "
           "for fsync")
      .Takes(FlagValue::kText, "LINE[=OP]")
      .OneValueEach();
}

void DeclareFormat(FlagSet& flags, FormatOptions& options) {
  flags
      .Add(FlagGroup::kStorage, "--mkfs", options.mkfs,
           "words for the program that formats")
      .Takes(FlagValue::kText, "WORDS")
      .Rare();
  flags
      .Add(FlagGroup::kStorage, "--mount", options.mount,
           "mount options, as of mount -o")
      .Takes(FlagValue::kText, "OPTIONS")
      .Rare();
}

void DeclareFaults(FlagSet& flags, std::vector<std::string>& faults) {
  flags
      .Add(FlagGroup::kFaults, "--fault", faults,
           "a fault of the disk, e.g. 'lie on flush times=always'")
      .Takes(FlagValue::kFault)
      .OneValueEach();
}

void DeclareAtomic(FlagSet& flags, std::optional<uint32_t>& atomic_bytes) {
  flags
      .Add(FlagGroup::kStorage, "--atomic", atomic_bytes,
           "bytes that the device writes whole")
      .Takes(FlagValue::kNumber, "BYTES")
      .Rare();
}

}  // namespace powercut
