// The result of a state that the user's code looked at, as the one text that
// the harness carries (CommandEnd::detail), and back again.
//
// A state that is fine has an empty text. One that is wrong has
// `exit status N: CAUSE`, and then, if they are asked for, the words of each
// violation. A state of a prefix (PrefixDumps) that is fine has the hash of its
// dump, or says that there was none.

#ifndef POWERCUT_LIBRARY_STATES_SAID_RESULT_H_
#define POWERCUT_LIBRARY_STATES_SAID_RESULT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/recover/recovery.h"
#include "library/states/crashed_state.h"
#include "library/states/loop_report.h"

namespace powercut {

// The text of a state that is wrong. `with_words` tells all that was said, and
// otherwise only the first cause. Requires: violations is not empty.
std::string ViolationResult(const std::vector<SaidViolation>& violations,
                            bool with_words);
// The text of a state of a prefix that is fine.
std::string DumpResult(const std::optional<Hash128>& dump);

// The hash in such a text; `std::nullopt` if it holds none.
std::optional<Hash128> DumpIn(std::string_view result);

// What an outcome says is wrong, in one line; empty if nothing is. Its check is
// one of the texts above.
std::string WrongIn(const RecoveryOutcome& outcome);

// The violations that an outcome has the words of. Only the first one has its
// cause. Empty if nothing is wrong or the words were not asked for.
std::vector<SaidViolation> ViolationsIn(const RecoveryOutcome& outcome);

// Gives the finding the cause of the first violation, its place, and the words
// of all. Requires: violations is not empty.
void Tell(const std::vector<SaidViolation>& violations, LoopFinding& finding);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_SAID_RESULT_H_
