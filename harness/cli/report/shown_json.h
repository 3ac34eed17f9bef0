// The state that a violation shows, in a JSON report (docs/report_json.md 2).

#ifndef POWERCUT_HARNESS_CLI_REPORT_SHOWN_JSON_H_
#define POWERCUT_HARNESS_CLI_REPORT_SHOWN_JSON_H_

#include <nlohmann/json.hpp>

#include "harness/cli/report/json_fields.h"
#include "harness/judge/shown_state.h"

namespace powercut {

nlohmann::ordered_json JsonOfShown(const ShownState& shown);

// The inverse. What cannot be is refused: columns of different lengths, events
// beyond `events`, owners and blocks that there are not.
ShownState ReadShown(JsonFields& json, uint64_t events);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_SHOWN_JSON_H_
