// The SARIF report of `check`, `explore`, `run` and `merge`, for hosts of code
// and editors.

#ifndef POWERCUT_HARNESS_CLI_REPORT_SARIF_REPORT_H_
#define POWERCUT_HARNESS_CLI_REPORT_SARIF_REPORT_H_

#include <cstddef>
#include <string>

#include "harness/cli/report/report_json.h"

namespace powercut {

// The most results of a document; code hosts refuse more in one run. There are
// never more rules than results, and the same limit holds for rules.
// Source: GitHub, "SARIF results exceed limits".
inline constexpr size_t kSarifResultsMax = 25'000;

// Writes a report as a SARIF 2.1.0 document with one run: a rule for each
// cause, and a result for each violation of each workload. docs/report_json.md,
// section 7, is the contract. Names of files are made relative to `folder`, an
// absolute path, if they are in it. Of more than `results_max` results the new
// ones are kept first, and a notification says how many were left out.
// Requires: Conclude() was called for each workload.
// Source: OASIS, Static Analysis Results Interchange Format 2.1.0.
std::string SarifReport(const Report& report, const std::string& folder,
                        size_t results_max = kSarifResultsMax);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_SARIF_REPORT_H_
