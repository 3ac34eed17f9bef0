// Baselines: the causes that are known already, so that a CI run does not fail
// for them.

#ifndef POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_
#define POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_

#include <set>
#include <string>

#include "harness/base/result.h"

namespace powercut {

// Reads the causes in a file: a report that --json wrote, or a text with one
// cause a line, where `#` begins a comment.
// Errors: kIo; kBadInput with the line of a text, or if a report is malformed.
Result<std::set<std::string>> ReadBaseline(const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_
