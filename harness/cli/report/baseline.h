// Baselines: the causes that are known already, so that a CI run does not fail
// for them.

#ifndef POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_
#define POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_

#include <set>
#include <string>

#include "harness/base/result.h"

namespace powercut {

// Reads the causes in a file: a report that --json wrote, or a text with one
// cause a line, where `#` begins a comment. The causes that a report does not
// show are known, too.
// Errors: kIo; kBadInput with the line of a text, or if a report is malformed.
Result<std::set<std::string>> ReadBaseline(const std::string& path);

// Whether the baseline has the cause, or the cause without the loss that it
// names: an entry without a loss, as earlier versions wrote it, stands for all
// losses with which the check fails in this way.
bool IsKnown(const std::set<std::string>& baseline, const std::string& cause);

// Refuses a baseline that has kOldCheckCause, for a run in which a check
// judges: the cause would match nothing, and whoever wrote the baseline must
// decide which of the failures that it stood for are known. `path` is for
// messages. Errors: kBadInput.
Status CheckBaselineIsOfToday(const std::set<std::string>& causes,
                              const std::string& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_BASELINE_H_
