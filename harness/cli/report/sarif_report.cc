// Writes SARIF documents.
//
// The results are collected first, the new ones before those that the file
// expects or the baseline knows, so that a document that is cut to the limit
// keeps what matters. The rules are those of the results that are left. What
// ended without a verdict, and files that could not be checked, are no results
// but notifications of the tool, since they say nothing against the storage.
//
// A host matches the results of two runs by rule, file and fingerprint. A cause
// is stable by design (docs/crash_model.md, section 6), so that rule and
// fingerprint are made of it alone. That of an expectation leaves its line out,
// which changes when lines are added above it.

#include "harness/cli/report/sarif_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "harness/base/bytes.h"
#include "harness/cli/report/sarif_flow.h"
#include "harness/cli/report/sarif_location.h"
#include "harness/disk/content_hash.h"
#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kUnmetRule = "expectation-not-met";

// One result before it is written.
struct Row {
  const CheckedWorkload* checked = nullptr;
  const Finding* finding = nullptr;  // `nullptr` for an unmet expectation
  Standing standing = Standing::kNew;
  const UnmetExpectation* unmet = nullptr;  // `nullptr` for a finding

  std::string Rule() const {
    return finding ? EscapeBytes(finding->violation.cause) : kUnmetRule;
  }
};

std::vector<Row> RowsOf(const Report& report) {
  std::vector<Row> rows;
  std::vector<Row> suppressed;
  for (const CheckedWorkload& checked : report.workloads) {
    const std::vector<Finding>& findings = checked.exploration.findings;
    POWERCUT_CHECK(checked.standings.size() == findings.size());
    for (size_t i = 0; i < findings.size(); ++i) {
      const Standing standing = checked.standings[i];
      (standing == Standing::kNew ? rows : suppressed)
          .push_back({&checked, &findings[i], standing, nullptr});
    }
    for (const UnmetExpectation& unmet : checked.unmet) {
      rows.push_back({&checked, nullptr, Standing::kNew, &unmet});
    }
  }
  rows.insert(rows.end(), suppressed.begin(), suppressed.end());
  return rows;
}

// Hosts that know no other fingerprint take that of the first line, which is
// otherwise computed from the text around it and changes with the file.
Json FingerprintsOf(const std::string& rule) {
  const Hash128 hash = HashBytes(AsBytes(rule), /*seed=*/0);
  return {{"powercutCause/v1", rule},
          {"primaryLocationLineHash", fmt::format("{:016x}:1", hash.low)}};
}

Json OfFinding(const Row& row, const std::string& folder) {
  const CheckedWorkload& checked = *row.checked;
  const Finding& finding = *row.finding;
  const std::string replay = ReplayCommand(
      finding, checked.file, checked.replay_flags, checked.replay_file);
  const bool fresh = row.standing == Standing::kNew;
  Json json = {
      {"ruleId", row.Rule()},
      {"level", fresh ? "error" : "note"},
      {"message", SarifMessage(fmt::format("{}. {} Replay: {}",
                                           ViolationTitle(finding.violation),
                                           Explanation(finding), replay))},
      {"locations",
       Json::array({SarifLocation(checked.file, finding.line, folder)})},
      {"partialFingerprints", FingerprintsOf(row.Rule())}};
  if (row.standing == Standing::kExpected) {
    json["suppressions"] =
        Json::array({{{"kind", "inSource"},
                      {"justification", "the file expects this violation"}}});
  } else if (row.standing == Standing::kKnown) {
    json["suppressions"] =
        Json::array({{{"kind", "external"},
                      {"justification", "the baseline knows this cause"}}});
  }
  Json flows = SarifFlows(checked, finding, folder);
  if (!flows.empty()) json["codeFlows"] = std::move(flows);
  json["properties"] = {
      {"id", finding.id},           {"replay", EscapeBytes(replay)},
      {"backend", checked.backend}, {"profile", checked.profile},
      {"op", finding.violation.op}, {"states", finding.count}};
  return json;
}

Json OfRow(const Row& row, const std::string& folder) {
  if (row.finding != nullptr) return OfFinding(row, folder);
  return {
      {"ruleId", row.Rule()},
      {"level", "error"},
      {"message", SarifMessage(UnmetText(*row.checked, *row.unmet))},
      {"locations", Json::array({SarifLocation(row.checked->file,
                                               row.unmet->line, folder)})},
      {"partialFingerprints", FingerprintsOf(EscapeBytes(row.unmet->what))},
      {"properties",
       {{"backend", row.checked->backend}, {"profile", row.checked->profile}}}};
}

Json RuleOf(const Row& row) {
  const std::string text =
      row.finding == nullptr
          ? "An expected violation was not found."
          : fmt::format("A crash leaves a violation of kind `{}`.",
                        ViolationKindName(row.finding->violation.kind));
  return {{"id", row.Rule()},
          {"shortDescription", {{"text", text}}},
          {"fullDescription",
           {{"text", fmt::format("{} The cause is {}.", text, row.Rule())}}},
          {"defaultConfiguration", {{"level", "error"}}},
          {"properties", {{"tags", Json::array({"crash-consistency"})}}}};
}

Json NotificationOf(const char* level, const std::string& text,
                    const std::string& file, const std::string& folder) {
  return {
      {"level", level},
      {"message", SarifMessage(text)},
      {"locations",
       Json::array({{{"physicalLocation",
                      {{"artifactLocation", SarifArtifact(file, folder)}}}}})}};
}

Json NotificationsOf(const Report& report, size_t left_out,
                     const std::string& folder, size_t results_max) {
  Json list = Json::array();
  for (const CheckedWorkload& checked : report.workloads) {
    if (checked.verdict != "unknown") continue;
    list.push_back(NotificationOf(
        "warning",
        fmt::format("{} under profile {}: the verdict is unknown: {}",
                    checked.file, checked.profile, UnknownReason(checked)),
        checked.file, folder));
  }
  for (const FailedFile& failed : report.errors) {
    list.push_back(
        NotificationOf("error", failed.message, failed.file, folder));
  }
  if (report.interrupted) {
    list.push_back(
        {{"level", "warning"},
         {"message", SarifMessage("The command was interrupted; files "
                                  "after the last one are missing.")}});
  }
  if (left_out > 0) {
    list.push_back({{"level", "warning"},
                    {"message", SarifMessage(fmt::format(
                                    "{} results beyond the limit of {} "
                                    "were left out.",
                                    left_out, results_max))}});
  }
  return list;
}

Json WorkloadsOf(const Report& report) {
  Json list = Json::array();
  for (const CheckedWorkload& checked : report.workloads) {
    const Exploration& e = checked.exploration;
    list.push_back({{"file", EscapeBytes(checked.file)},
                    {"backend", checked.backend},
                    {"profile", checked.profile},
                    {"verdict", checked.verdict},
                    {"space", ExplorationSpaceText(checked.space)},
                    {"exhausted", e.exhausted},
                    {"states", e.states},
                    {"crash_points", e.crash_points},
                    {"runs", e.runs}});
  }
  return list;
}

}  // namespace

std::string SarifReport(const Report& report, const std::string& folder,
                        size_t results_max) {
  std::vector<Row> rows = RowsOf(report);
  const size_t kept = std::min(rows.size(), results_max);
  const size_t left_out = rows.size() - kept;
  rows.resize(kept);
  Json rules = Json::array();
  Json results = Json::array();
  std::map<std::string, size_t> index_of;
  for (const Row& row : rows) {
    const auto [entry, added] = index_of.try_emplace(row.Rule(), rules.size());
    if (added) rules.push_back(RuleOf(row));
    Json result = OfRow(row, folder);
    result["ruleIndex"] = entry->second;
    results.push_back(std::move(result));
  }
  const Json run = {
      {"tool",
       {{"driver",
         {{"name", "powercut"},
          {"version", report.version},
          {"rules", std::move(rules)}}}}},
      {"invocations",
       Json::array(
           {{{"executionSuccessful",
              report.errors.empty() && !report.interrupted},
             {"toolExecutionNotifications",
              NotificationsOf(report, left_out, folder, results_max)}}})},
      {"columnKind", "unicodeCodePoints"},
      {"results", std::move(results)},
      {"properties",
       {{"verdict", report.verdict},
        {"seed", report.seed},
        {"workloads", WorkloadsOf(report)}}}};
  const Json document = {
      {"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
      {"version", "2.1.0"},
      {"runs", Json::array({run})}};
  return document.dump() + "\n";
}

}  // namespace powercut
