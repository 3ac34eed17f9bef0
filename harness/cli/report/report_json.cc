// Writes reports. Each type of the report has one function that makes its JSON
// object, with the keys in the order of docs/report_json.md; report_reader.cc
// has the inverse of each.
//
// A report is the same bytes for any number of workers. So no list is in the
// order in which work was done (states are sorted), and a number that may
// differ in its last digit between machines is rounded. Texts that may contain
// names of a broken disk go through EscapeBytes(); words of powercut's own need
// not.

#include "harness/cli/report/report_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <nlohmann/json.hpp>

#include "harness/cli/report/shown_json.h"
#include "harness/cli/report/timeline_json.h"
#include "harness/judge/failure_block.h"
#include "harness/space/state_id.h"

namespace powercut {
namespace {

// This type keeps the keys in the order in which they are added.
using Json = nlohmann::ordered_json;

Json OfTexts(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(EscapeBytes(text));
  return list;
}

// The positions of ids in the order of what they mean. As texts, 10p would come
// before 9p.
std::vector<size_t> OrderOf(const std::vector<std::string>& ids) {
  using Key = std::tuple<CrashKind, EventNumber, uint32_t, std::string, size_t>;
  std::vector<Key> keys;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto parsed = ParseStateId(ids[i]);
    POWERCUT_CHECK(parsed);
    const CrashStep& step = parsed->steps[0];
    keys.emplace_back(step.kind, step.point, step.marks,
                      ids[i].substr(0, ids[i].rfind('@')), i);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<size_t> order;
  for (const Key& key : keys) order.push_back(std::get<4>(key));
  return order;
}

// Adds the states of a finding, and what was found at each. Most of a thousand
// states show one of a few texts, so that each text is written once.
void AddStates(const Finding& finding, Json& json) {
  Json states = Json::array();
  Json texts = Json::array();
  Json text_of_state = Json::array();
  POWERCUT_CHECK(finding.found_at.size() == finding.states.size());
  std::map<std::string, size_t> known;
  for (const size_t i : OrderOf(finding.states)) {
    states.push_back(finding.states[i]);
    const std::string& found = finding.found_at[i];
    const auto [entry, added] = known.try_emplace(found, known.size());
    if (added) texts.push_back(EscapeBytes(found));
    text_of_state.push_back(entry->second);
  }
  json["states"] = std::move(states);
  json["found_texts"] = std::move(texts);
  json["found_of_states"] = std::move(text_of_state);
}

Json OfFinding(const Finding& finding) {
  const Violation& violation = finding.violation;
  Json json = {{"kind", ViolationKindName(violation.kind)},
               {"cause", EscapeBytes(violation.cause)},
               {"path", EscapeBytes(violation.path)},
               {"op", violation.op},
               {"line", finding.line},
               {"id", finding.id},
               {"count", finding.count},
               {"admissible", EscapeBytes(violation.admissible)},
               {"found", EscapeBytes(violation.found)},
               {"excuses", OfTexts(finding.excuses)},
               {"explanation", EscapeBytes(Explanation(finding))},
               {"op_text", EscapeBytes(finding.op_text)},
               {"promise", EscapeBytes(finding.promise)},
               {"crash", EscapeBytes(finding.crash)},
               {"faults", OfTexts(finding.faults)},
               {"lost_files", OfTexts(finding.lost_files)},
               {"unissued", OfTexts(finding.unissued)},
               {"lost_blocks", finding.lost_blocks},
               {"recovery_file", EscapeBytes(finding.recovery_file)},
               {"recovery_id", finding.recovery_id}};
  AddStates(finding, json);
  // These keys stand only where they are known.
  if (finding.promised_at) json["promised_at"] = *finding.promised_at;
  if (!finding.missing.empty()) json["missing"] = OfTexts(finding.missing);
  if (finding.shown) json["shown"] = JsonOfShown(*finding.shown);
  return json;
}

Json OfUnshown(const std::vector<UnshownCause>& unshown) {
  Json list = Json::array();
  for (const UnshownCause& one : unshown) {
    list.push_back({{"cause", EscapeBytes(one.cause)}, {"count", one.count}});
  }
  return list;
}

Json OfShard(const Shard& shard) {
  return {{"index", shard.index}, {"count", shard.count}};
}

Json OfRunKeys(const std::vector<Hash128>& keys) {
  Json list = Json::array();
  // Hash128 compares `low` first, so that the sorted keys are sorted texts.
  for (const Hash128& key : keys) {
    list.push_back(fmt::format("{:016x}{:016x}", key.low, key.high));
  }
  return list;
}

Json OfExpectations(const std::vector<Expectation>& expectations) {
  Json list = Json::array();
  for (const Expectation& e : expectations) {
    list.push_back({{"line", e.line},
                    {"ok", e.ok},
                    {"kind", EscapeBytes(e.kind)},
                    {"path", EscapeBytes(e.path)}});
  }
  return list;
}

Json OfFaults(const std::vector<FaultCount>& faults) {
  Json list = Json::array();
  for (const FaultCount& fault : faults) {
    list.push_back({{"fault", fault.text},
                    {"line", fault.line},
                    {"in", fault.recovery ? "recovery" : "run"},
                    {"fired", fault.fired}});
  }
  return list;
}

Json OfSpace(const CheckedWorkload& checked) {
  const Exploration& e = checked.exploration;
  return {{"log2", ShownLog2(e.space_log2)},
          {"open_points", e.open_points},
          {"mode", ExplorationSpaceText(checked.space)},
          {"atomic", checked.atomic_bytes},
          {"exhausted", e.exhausted},
          {"nested", checked.nested},
          {"copied", CopyModeName(e.copied)},
          {"parts", e.parts_apart}};
}

Json OfRecoveries(const RecoveryCounts& counts) {
  return {{"all", counts.all()},
          {"needed", counts.needed},
          {"repeated", counts.repeated},
          {"canaries", counts.canaries},
          {"doublechecks", counts.doublechecks},
          {"confirmations", counts.confirmations}};
}

Json OfCrashKinds(const std::vector<CrashKind>& kinds) {
  Json list = Json::array();
  for (const CrashKind kind : kinds) list.push_back(CrashKindName(kind));
  return list;
}

Json OfWorkload(const CheckedWorkload& checked) {
  const Exploration& e = checked.exploration;
  Json json = {{"file", EscapeBytes(checked.file)},
               {"backend", checked.backend},
               {"profile", checked.profile},
               {"verdict", checked.verdict},
               {"digest", fmt::format("{:08x}", e.digest)},
               {"events", e.events},
               {"writes", e.writes},
               {"flushes", e.flushes},
               {"crash_points", e.crash_points},
               {"space", OfSpace(checked)},
               {"bound", EscapeBytes(e.bound)},
               {"states", e.states},
               {"runs", e.runs},
               {"cached", CachedStates(e)},
               {"nested_states", e.nested_states},
               {"nested_runs", e.nested_runs},
               {"doublechecked", e.doublechecked},
               {"reordered_runs", e.reordered_runs},
               {"evicted", e.evicted},
               {"recoveries", OfRecoveries(e.recoveries)},
               {"elapsed_s", std::round(checked.elapsed_s * 1000) / 1000},
               {"pcut_hash", checked.pcut_hash},
               {"crash_kinds", OfCrashKinds(checked.crash_kinds)},
               {"probe", checked.probe},
               {"replay_flags", EscapeBytes(checked.replay_flags)},
               {"faults", OfFaults(e.faults)},
               {"expect", OfExpectations(checked.expectations)},
               {"interrupted", e.interrupted}};
  // These keys stand only where they say something.
  if (!checked.from.empty()) json["from"] = EscapeBytes(checked.from);
  if (!checked.writeback.empty()) {
    json["writeback"] = EscapeBytes(checked.writeback);
    json["unmount_only"] = checked.unmount_only;
    json["schedule"] = checked.schedule;
  }
  if (!checked.profile_note.empty()) {
    json["profile_note"] = EscapeBytes(checked.profile_note);
  }
  // A report of the whole has no key `shard`.
  if (checked.shard.count > 1) {
    json["shard"] = OfShard(checked.shard);
    json["shard"]["run_keys"] = OfRunKeys(e.run_keys);
  }
  if (!checked.replay_file.empty()) {
    json["replay_file"] = EscapeBytes(checked.replay_file);
  }
  if (checked.timeline) json["timeline"] = JsonOfTimeline(*checked.timeline);
  Json violations = Json::array();
  for (size_t i = 0; i < e.findings.size(); ++i) {
    violations.push_back(OfFinding(e.findings[i]));
    // A report that is only read and written may have no standings.
    if (i < checked.standings.size()) {
      violations.back()["standing"] = StandingName(checked.standings[i]);
    }
  }
  json["violations"] = std::move(violations);
  json["unshown"] = OfUnshown(e.unshown);
  return json;
}

Json OfRegressions(const std::vector<Regression>& regressions) {
  Json list = Json::array();
  for (const Regression& one : regressions) {
    list.push_back({{"file", EscapeBytes(one.file)},
                    {"became", RegressionKindName(one.kind)},
                    {"reasons", OfTexts(one.reasons)}});
  }
  return list;
}

}  // namespace

std::string ToolVersion() { return POWERCUT_VERSION; }

std::string JsonReport(const Report& report) {
  Json workloads = Json::array();
  for (const CheckedWorkload& checked : report.workloads) {
    workloads.push_back(OfWorkload(checked));
  }
  Json errors = Json::array();
  for (const FailedFile& failed : report.errors) {
    errors.push_back({{"file", EscapeBytes(failed.file)},
                      {"status", static_cast<int>(failed.status)},
                      {"message", EscapeBytes(failed.message)}});
  }
  Json json = {{"powercut", 1},
               {"verdict", report.verdict},
               {"seed", report.seed},
               {"workloads", std::move(workloads)},
               {"errors", std::move(errors)},
               {"interrupted", report.interrupted},
               {"version", report.version}};
  if (report.shard.count > 1) json["shard"] = OfShard(report.shard);
  if (!report.regressions.empty()) {
    json["regressions"] = OfRegressions(report.regressions);
  }
  return json.dump() + "\n";
}

}  // namespace powercut
