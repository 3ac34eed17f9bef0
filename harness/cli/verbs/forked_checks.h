// CheckEach(): checks files at the same time, each in a process of its own.

#ifndef POWERCUT_HARNESS_CLI_VERBS_FORKED_CHECKS_H_
#define POWERCUT_HARNESS_CLI_VERBS_FORKED_CHECKS_H_

#include <cstdint>
#include <vector>

#include "harness/base/result.h"
#include "harness/cli/report/report_json.h"
#include "harness/cli/verbs/checker.h"

namespace powercut {

// Runs RunCheck() for each element of `checks` in a forked process, at most
// `jobs` at a time, and returns the report of each, in their order. Nothing is
// printed: the reports say it all. The flags `report` of an element are not
// used. After an interrupt no process is started any more, those that run end
// with what they found, and the reports of the rest are missing at the end.
// Requires: CatchInterrupts() was called; this process has no threads.
// Errors: kMissing if no process can be started; kInternal if one ended without
// a report, with what it had printed.
Result<std::vector<Report>> CheckEach(const std::vector<CheckFlags>& checks,
                                      uint32_t jobs);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_FORKED_CHECKS_H_
