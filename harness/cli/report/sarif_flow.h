// The way to a crash as SARIF writes it: a code flow, which hosts and editors
// show step by step.

#ifndef POWERCUT_HARNESS_CLI_REPORT_SARIF_FLOW_H_
#define POWERCUT_HARNESS_CLI_REPORT_SARIF_FLOW_H_

#include <cstddef>
#include <string>

#include <nlohmann/json.hpp>

#include "harness/cli/report/checked_workload.h"

namespace powercut {

// The most steps that GitHub shows of a flow.
inline constexpr size_t kSarifStepsMax = 1'000;

// The `codeFlows` of a finding: one flow whose steps are the ops that had begun
// before the crash, each at its line, and then the crash. Of more than
// kSarifStepsMax steps the last ones are kept. An empty array if the timeline
// of the workload is not known or has no ops with a line, as that of a recorded
// program. `folder` is as for SarifArtifact().
nlohmann::ordered_json SarifFlows(const CheckedWorkload& checked,
                                  const Finding& finding,
                                  const std::string& folder);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_SARIF_FLOW_H_
