// The value of --fail: which calls of a recorded program fail.

#ifndef POWERCUT_HARNESS_CLI_INPUT_FAILURE_FLAG_H_
#define POWERCUT_HARNESS_CLI_INPUT_FAILURE_FLAG_H_

#include <string>

#include "harness/base/result.h"
#include "library/files/planned_failures.h"

namespace powercut {

// Parses `sync`, `write`, `full`, `short` or `lie`, perhaps with `,after=N` and
// `,count=N`. Without them the first call fails.
// Errors: kUsage, with the form that is expected.
Result<PlannedFailure> ParseFailure(const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_FAILURE_FLAG_H_
