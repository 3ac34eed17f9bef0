// InputFlags: the flags that name the storage under test, and those that
// override what a file says. OpenInput() reads them.

#ifndef POWERCUT_HARNESS_CLI_INPUT_INPUT_FLAGS_H_
#define POWERCUT_HARNESS_CLI_INPUT_INPUT_FLAGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/cli/input/flag_set.h"

namespace powercut {

// A flag that was not given is empty; the file decides then, and after it the
// backend.
struct InputFlags {
  std::string backend;
  FormatOptions format;
  std::string profile;
  std::vector<std::string> crash_kinds;  // `process`, `os`, `power`
  std::optional<uint32_t> atomic_bytes;
  std::string space;                // as ParseExplorationSpace() takes it
  std::vector<std::string> faults;  // such as `error on write nth=3`
  // For a trace without a workload: the mark from which crashes are explored,
  // as FindMark() takes it.
  std::string from;
  // Syncs that the storage does less strongly than the workload says: `LINE`
  // for one that it leaves out, `LINE=VERB` for another one in its place.
  std::vector<std::string> weaken;
};

// Declares --backend, --mkfs, --mount, --profile, --atomic, --probe, --fault
// and --quiet, the flags of all verbs that record a workload.
void DeclareSetting(FlagSet& flags, InputFlags& input, bool& probe,
                    bool& quiet);

// Declares --color, for verbs that print verdicts with PrintVerdicts().
void DeclareColor(FlagSet& flags);

// Declares --crash and --space.
void DeclareCrashSpace(FlagSet& flags, InputFlags& input);

// Declares FILE and --at, which name a state of a recording.
void DeclareState(FlagSet& flags, std::string& file, std::string& at);

// Declares --weaken.
void DeclareWeaken(FlagSet& flags, InputFlags& input);

// Declares --mkfs and --mount.
void DeclareFormat(FlagSet& flags, FormatOptions& options);

// Declares --fault.
void DeclareFaults(FlagSet& flags, std::vector<std::string>& faults);

// Declares --atomic.
void DeclareAtomic(FlagSet& flags, std::optional<uint32_t>& atomic_bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_INPUT_FLAGS_H_
