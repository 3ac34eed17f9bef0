// What is odd about a log, given who wrote it.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_LINT_H_
#define POWERCUT_HARNESS_BLOCK_LOG_LINT_H_

#include <string>
#include <vector>

#include "harness/block_log/block_log.h"
#include "harness/block_log/origin.h"

namespace powercut {

// One line for each kind of oddity, "entry N at byte B: what (1 of M)" with the
// first of its places, by place. `assume_fua`: as in ImportOptions.
// Requires: sector numbers below 2^32. O(log).
std::vector<std::string> LintOf(const BlockLog& log, BlockLogOrigin origin,
                                bool assume_fua);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_LINT_H_
