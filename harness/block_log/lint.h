// LintOf names what is odd about a log, given who wrote it.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_LINT_H_
#define POWERCUT_HARNESS_BLOCK_LOG_LINT_H_

#include <string>
#include <vector>

#include "harness/block_log/block_log.h"
#include "harness/block_log/origin.h"

namespace powercut {

// Returns one line for each kind of oddity: "entry N at byte B: what (first of
// M)", with the place where it first occurs; the bracket is left out if it
// occurs once. The kinds come in a fixed order. `assume_fua` is that of
// ImportOptions. docs/trace_file.md 6 lists the kinds.
// Requires: the entries lie on a disk of at most 2^32 sectors. O(entries).
std::vector<std::string> LintOf(const BlockLog& log, BlockLogOrigin origin,
                                bool assume_fua);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_LINT_H_
