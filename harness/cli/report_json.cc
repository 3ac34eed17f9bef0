#include "harness/cli/report_json.h"

#include <fmt/format.h>

#include <cmath>

#include <nlohmann/json.hpp>

#include "harness/report.h"

namespace powercut {
namespace {

// Keeps the keys in the order of writing.
using Json = nlohmann::ordered_json;

Json OfFinding(const Finding& finding) {
  const Violation& violation = finding.violation;
  return {{"kind", ViolationKindName(violation.kind)},
          {"cause", violation.cause},
          {"path", violation.path},
          {"op", violation.op},
          {"line", finding.line},
          {"id", finding.id},
          {"count", finding.count},
          {"admissible", violation.admissible},
          {"found", violation.found},
          {"excuses", finding.excuses},
          {"explanation", Explanation(finding)}};
}

Json OfWorkload(const CheckedWorkload& checked) {
  const Exploration& e = checked.exploration;
  Json violations = Json::array();
  for (const Finding& finding : e.findings) {
    violations.push_back(OfFinding(finding));
  }
  // Two decimals say enough, and are the same everywhere.
  const double log2 = std::round(e.space_log2 * 100) / 100;
  return {{"file", checked.file},
          {"backend", checked.backend},
          {"profile", checked.profile},
          {"verdict", checked.verdict},
          {"digest", fmt::format("{:08x}", e.digest)},
          {"events", e.events},
          {"writes", e.writes},
          {"flushes", e.flushes},
          {"crash_points", e.crash_points},
          {"space",
           {{"log2", log2},
            {"mode", SpaceSpecText(checked.space)},
            {"atomic", checked.atomic_bytes},
            {"exhausted", e.exhausted}}},
          {"bound", e.bound},
          {"states", e.states},
          {"runs", e.runs},
          {"cached", e.states - e.runs},
          {"elapsed_s", std::round(checked.elapsed_s * 1000) / 1000},
          {"violations", violations}};
}

}  // namespace

std::string JsonReport(const std::string& verdict, uint64_t seed,
                       const std::vector<CheckedWorkload>& workloads) {
  Json all = Json::array();
  for (const CheckedWorkload& checked : workloads) {
    all.push_back(OfWorkload(checked));
  }
  const Json report = {{"powercut", 1},
                       {"verdict", verdict},
                       {"seed", seed},
                       {"workloads", all}};
  return report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace powercut
