// The JUnit report of `check`, `explore`, `run` and `merge`, for CI servers.

#ifndef POWERCUT_HARNESS_CLI_REPORT_JUNIT_REPORT_H_
#define POWERCUT_HARNESS_CLI_REPORT_JUNIT_REPORT_H_

#include <string>

#include "harness/cli/report/report_json.h"

namespace powercut {

// Writes a report as JUnit XML: a test suite for each workload under its
// profile, with a test case for each cause, and a suite for each file that
// could not be checked. docs/report_json.md, section 7, is the contract.
// Requires: Conclude() was called for each workload.
std::string JunitReport(const Report& report);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_JUNIT_REPORT_H_
