// The summary of a report in Markdown, for the page of a CI job.

#ifndef POWERCUT_HARNESS_CLI_REPORT_MARKDOWN_REPORT_H_
#define POWERCUT_HARNESS_CLI_REPORT_MARKDOWN_REPORT_H_

#include <string>

#include "harness/cli/report/report_json.h"

namespace powercut {

// Writes the summary of a report: the verdict, what became of regressions, a
// table of the workloads, and the failure block of each violation that makes
// the verdict. It is cut where it gets larger than what GitHub takes of a step
// (1 MiB), and says so. docs/report_json.md, section 7, is the contract.
// Requires: Conclude() was called for each workload.
std::string MarkdownReport(const Report& report);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_MARKDOWN_REPORT_H_
