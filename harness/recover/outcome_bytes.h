// Outcomes as bytes, to cross from a worker to its parent and to be compared
// by hash.

#ifndef POWERCUT_HARNESS_RECOVER_OUTCOME_BYTES_H_
#define POWERCUT_HARNESS_RECOVER_OUTCOME_BYTES_H_

#include <string>
#include <string_view>

#include "harness/base/result.h"
#include "harness/recover/recovery.h"

namespace powercut {

// Equal outcomes have equal bytes, different ones different bytes. The form is
// private to one build of powercut.
std::string OutcomeBytes(const RecoveryOutcome& outcome);
// Replaces what is in `bytes`, whose memory is used again.
void OutcomeBytes(const RecoveryOutcome& outcome, std::string& bytes);

// Errors: kInternal: not what OutcomeBytes() makes (a worker wrote wild).
Result<RecoveryOutcome> OutcomeOfBytes(std::string_view bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_OUTCOME_BYTES_H_
