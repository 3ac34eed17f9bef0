// Baselines: causes that are known already and fail no CI run.

#ifndef POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_
#define POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_

#include <set>
#include <string>

#include "harness/base/result.h"

namespace powercut {

// Reads causes: one a line with `#` comments, or a report written by --json.
// Errors: kIo, kBadInput with the line.
Result<std::set<std::string>> ReadBaseline(const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_
