// The timeline of a workload has the ops with their lines and with the numbers
// of disk events at which they began and had returned. The id of the state
// names the event after which the crash came.

#include "harness/cli/report/sarif_flow.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "harness/cli/report/sarif_location.h"
#include "harness/space/state_id.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

struct Step {
  int line = 0;
  std::string text;
};

// Many marks can follow one event, so that an op that begins at the event of
// the crash counts if it is the one that the finding blames.
bool HadBegun(const TimelineOp& op, const Finding& finding, uint64_t point) {
  if (op.op == finding.violation.op) return op.begin <= point;
  return op.begin < point || (op.end && *op.end <= point);
}

std::vector<Step> StepsTo(const Timeline& timeline, const Finding& finding,
                          uint64_t point) {
  std::vector<Step> steps;
  for (const TimelineOp& op : timeline.ops) {
    if (op.line == 0 || !HadBegun(op, finding, point)) continue;
    const bool returned = op.end && *op.end <= point;
    steps.push_back({op.line, fmt::format("op {}: {}{}", op.op, op.text,
                                          returned ? "" : " (not returned)")});
  }
  return steps;
}

}  // namespace

Json SarifFlows(const CheckedWorkload& checked, const Finding& finding,
                const std::string& folder) {
  const auto id = ParseStateId(finding.id);
  if (!checked.timeline || !id) return Json::array();
  std::vector<Step> steps =
      StepsTo(*checked.timeline, finding, id->steps[0].point);
  if (steps.empty()) return Json::array();
  steps.push_back({steps.back().line, finding.crash});
  if (steps.size() > kSarifStepsMax) {
    steps.erase(steps.begin(),
                steps.end() - static_cast<ptrdiff_t>(kSarifStepsMax));
  }
  Json locations = Json::array();
  for (const Step& step : steps) {
    Json location = SarifLocation(checked.file, step.line, folder);
    location["message"] = SarifMessage(step.text);
    locations.push_back({{"location", std::move(location)}});
  }
  return Json::array(
      {{{"threadFlows",
         Json::array({{{"locations", std::move(locations)}}})}}});
}

}  // namespace powercut
