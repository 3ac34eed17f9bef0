// WorldsText: under which profiles a program is safe, as a table.

#ifndef POWERCUT_HARNESS_CLI_REPORT_WORLDS_TEXT_H_
#define POWERCUT_HARNESS_CLI_REPORT_WORLDS_TEXT_H_

#include <set>
#include <string>
#include <vector>

#include "harness/cli/report/checked_workload.h"

namespace powercut {

// One row for each profile under which a file was explored, in their order: the
// verdict, how much was explored or what was found first, and the line that
// replays it. Empty if no file was explored under more than one profile.
// Requires: Conclude() was called for each.
std::string WorldsText(const std::vector<CheckedWorkload>& workloads,
                       const std::set<std::string>& baseline);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_WORLDS_TEXT_H_
