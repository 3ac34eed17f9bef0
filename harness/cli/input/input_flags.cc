// Declares the flags of the input in the order in which --help lists them. What
// several verbs offer has its text here once.

#include "harness/cli/input/input_flags.h"

namespace powercut {

void DeclareSetting(FlagSet& flags, InputFlags& input, bool& probe,
                    bool& quiet) {
  flags.Add("--backend,--fs", input.backend, "the storage under test");
  DeclareFormat(flags, input.format);
  flags.Add("--profile", input.profile, "judge by what this profile promises");
  DeclareAtomic(flags, input.atomic_bytes);
  flags.Add("--probe", probe, "use the volume after recovery, and look again");
  DeclareFaults(flags, input.faults);
  flags.Add("--quiet", quiet, "results only");
}

void DeclareCrashSpace(FlagSet& flags, InputFlags& input) {
  flags.Add("--crash", input.crash_kinds, "kinds of crash: process, os, power")
      .SplitAtCommas();
  flags.Add("--space", input.space,
            "prefix, epoch:K, sample:N or exhaustive, with +torn:T");
}

void DeclareWeaken(FlagSet& flags, InputFlags& input) {
  flags
      .Add("--weaken", input.weaken,
           "LINE: the storage leaves out the sync of this line and says that "
           "it did it; LINE=VERB: it does VERB in its place, such as "
           "fdatasync for fsync; may be repeated")
      .OneValueEach();
}

void DeclareFormat(FlagSet& flags, FormatOptions& options) {
  flags.Add("--mkfs", options.mkfs, "words for the program that formats");
  flags.Add("--mount", options.mount, "mount options, as of mount -o");
}

void DeclareFaults(FlagSet& flags, std::vector<std::string>& faults) {
  flags
      .Add("--fault", faults,
           "a fault of the disk, as in a file, e.g. 'error on write "
           "nth=3' or 'lie on flush times=always'; may be repeated")
      .OneValueEach();
}

void DeclareAtomic(FlagSet& flags, std::optional<uint32_t>& atomic_bytes) {
  flags.Add("--atomic", atomic_bytes, "bytes that the device writes whole");
}

}  // namespace powercut
