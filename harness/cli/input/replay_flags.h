// The text of flags for replay lines: what a user pastes into a shell to see a
// finding again under the same setting. Each flag is preceded by a space, and
// values are quoted for a shell where they need it.

#ifndef POWERCUT_HARNESS_CLI_INPUT_REPLAY_FLAGS_H_
#define POWERCUT_HARNESS_CLI_INPUT_REPLAY_FLAGS_H_

#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/cli/input/input_flags.h"
#include "harness/cli/input/oracle_flags.h"
#include "model/words/op.h"

namespace powercut {

// The flags that `replay` needs to run under the same setting. Empty if there
// are none.
std::string ReplayFlagsText(const InputFlags& input, const OracleFlags& oracle);

// The flags --mkfs and --mount. Empty if neither was given.
std::string FormatFlagsText(const FormatOptions& options);

// One --fault for each text.
std::string FaultFlagsText(const std::vector<std::string>& texts);

// The text of a `.pcut` with `faults` after its own faults, so that a saved
// trace or file needs no --fault. Without faults, the text as it is.
// Errors: those of ParsePcut(), with `file` as the place.
Result<std::string> TextWithFaults(const std::string& text,
                                   const std::string& file,
                                   const std::vector<Op>& faults);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_REPLAY_FLAGS_H_
