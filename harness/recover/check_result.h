// What the user's check said, taken apart, and which results of recoveries
// count as the same.

#ifndef POWERCUT_HARNESS_RECOVER_CHECK_RESULT_H_
#define POWERCUT_HARNESS_RECOVER_CHECK_RESULT_H_

#include <string>
#include <string_view>

#include "harness/recover/recovery.h"

namespace powercut {

// A failure of the user's check in its two parts.
struct CheckFailure {
  // How the check ended, as one word for a cause: `exit-3`, `SIGBUS`, or
  // `not-run` if it could not be started.
  std::string how;
  // The last line that the check printed, or the reason why it could not be
  // started. Empty if it printed nothing. It refers to the text taken apart.
  std::string_view line;
};

// Takes apart a RecoveryOutcome::check that is not empty.
CheckFailure CheckFailureOf(std::string_view check);

// Whether both are the same result of a recovery: they are equal, except that
// the last line of a check that failed both times may differ in what
// MaskedLine() masks. A check that prints a process number or a time is
// therefore no nondeterminism.
bool SameResult(const RecoveryOutcome& a, const RecoveryOutcome& b);

// Whether both are equal except for the last line of a check that ended in the
// same way, badly, both times.
bool SameButForTheLine(const RecoveryOutcome& a, const RecoveryOutcome& b);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_CHECK_RESULT_H_
