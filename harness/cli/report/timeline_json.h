// The timeline of a workload in a JSON report (docs/report_json.md 2).

#ifndef POWERCUT_HARNESS_CLI_REPORT_TIMELINE_JSON_H_
#define POWERCUT_HARNESS_CLI_REPORT_TIMELINE_JSON_H_

#include <nlohmann/json.hpp>

#include "harness/cli/report/json_fields.h"
#include "harness/cli/report/timeline.h"

namespace powercut {

nlohmann::ordered_json JsonOfTimeline(const Timeline& timeline);

// The inverse. `events` is the number of events of the workload. What cannot be
// is refused: lists of another length than there are events or groups, numbers
// of events that there are not, unknown letters.
Timeline ReadTimeline(JsonFields& json, uint64_t events);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_TIMELINE_JSON_H_
