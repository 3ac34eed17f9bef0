// The values that a shell can complete.

#ifndef POWERCUT_HARNESS_CLI_HELP_KNOWN_VALUES_H_
#define POWERCUT_HARNESS_CLI_HELP_KNOWN_VALUES_H_

#include <string>
#include <vector>

#include "harness/cli/input/flag_table.h"

namespace powercut {

// Returns values of a flag: all of them for choices, backends, profiles, kinds
// of crash and faults without a place, and examples of spaces, sizes and times.
// Empty if there is nothing to propose, as for files, which a shell completes
// itself.
std::vector<std::string> KnownValues(const DeclaredFlag& flag);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_HELP_KNOWN_VALUES_H_
