// FinishStandardOutput(): whether all that was printed has arrived.

#ifndef POWERCUT_HARNESS_CLI_TERMINAL_STANDARD_OUTPUT_H_
#define POWERCUT_HARNESS_CLI_TERMINAL_STANDARD_OUTPUT_H_

#include "harness/base/result.h"

namespace powercut {

// Writes what standard output still has buffered and closes it. To be called
// once, after the last line was printed by std::printf().
// Errors: kIo if anything that was printed since the start was not taken.
Status FinishStandardOutput();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_TERMINAL_STANDARD_OUTPUT_H_
