// The causes of the user's check: what names a failure of the check by how the
// check ended and by what it said.

#ifndef POWERCUT_HARNESS_JUDGE_CHECK_CAUSE_H_
#define POWERCUT_HARNESS_JUDGE_CHECK_CAUSE_H_

#include <string>
#include <string_view>

#include "model/words/violation.h"

namespace powercut {

// The cause in which baselines of earlier versions have every failure of the
// check of a recorded program. No failure has it now.
inline constexpr std::string_view kOldCheckCause = "check/volume/start/sync";

// The cause of a violation in a recorded program, before anything is added to
// it: KIND/volume/start/ack if the program had written an ack, whose promise
// was then in force, otherwise KIND/volume/start/none.
std::string ProgramCause(ViolationKind kind, bool acked);

// The cause of a check that failed: `cause`, then `/` and how the check ended,
// then, if the check printed anything, `/` and its last line, masked
// (MaskedLine()). Example: `check/volume/start/ack/exit-3/CORRUPT:a-is-empty`.
// `check` is a RecoveryOutcome::check that is not empty.
std::string CheckCause(std::string_view cause, std::string_view check);

// The cause of a check that ended in the same way each time, but printed a last
// line of its own each time: `(varies)` stands in place of the line.
std::string CheckCauseOfVaryingLine(std::string_view cause,
                                    std::string_view check);

// The cause of a check that was ended by --check-timeout. What the check had
// printed until then is left out, since it depends on the time.
std::string CheckTimeoutCause(std::string_view cause);

// The part of `cause` that tells nothing of the check: its first four parts.
std::string_view CauseWithoutCheck(std::string_view cause);

// The cause of a check with the two parts that name the loss
// (LossInWords()), for a recorded program whose calls are known. Example:
// `check/volume/start/none/exit-1/data-of-f/fdatasync`.
std::string CauseWithLoss(std::string_view cause, std::string_view loss);

// The part of `cause` without what CauseWithLoss() added; `cause` itself if it
// names no loss.
std::string_view CauseWithoutLoss(std::string_view cause);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_CHECK_CAUSE_H_
