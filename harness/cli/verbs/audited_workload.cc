// Puts an audit into words and into data. The words of a need are those of the
// library's report.

#include "harness/cli/verbs/audited_workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "harness/cli/report/checked_workload.h"
#include "harness/cli/report/report_json.h"
#include "harness/judge/failure_block.h"

namespace powercut {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kNeeds = {SyncNeed::kNeeded, SyncNeed::kGroup,
                               SyncNeed::kRedundant, SyncNeed::kUnseen,
                               SyncNeed::kUnknown};

const char* NeedName(SyncNeed need) {
  constexpr std::array kNames = {"needed", "one of a group", "redundant",
                                 "not seen", "unknown"};
  return kNames[static_cast<size_t>(need)];
}

std::string Remark(const AuditedWorkload& workload, const AuditedLine& line) {
  switch (line.audited.need) {
    case SyncNeed::kNeeded:
      return line.enough.empty() ? "" : ": " + line.enough + " is enough";
    case SyncNeed::kGroup:
      return ": another sync can take its place, and not all can go";
    case SyncNeed::kRedundant:
      return ": just as much is durable without it under " + workload.profile +
             (workload.at_end_of_run
                  ? " at the end of `run`; put `cut` where conditions are to "
                    "judge from"
                  : "");
    case SyncNeed::kUnseen:
      if (line.of_all) {
        return ": the check holds with nothing made durable, so that it sees "
               "no loss";
      }
      return workload.by_conditions
                 ? ": less is durable without it, and no `forbid` line notices"
             : line.line == 0
                 ? ": less is durable without it, and the check does not notice"
                 : ": less is durable without it, and nothing that is promised "
                   "is missing";
    case SyncNeed::kUnknown:
      return ": a bound came before an answer";
  }
  return "";
}

size_t CountOf(const AuditedWorkload& workload, SyncNeed need) {
  return static_cast<size_t>(std::ranges::count_if(
      workload.lines,
      [&](const AuditedLine& line) { return line.audited.need == need; }));
}

}  // namespace

ExitStatus StatusOf(const AuditedWorkload& workload) {
  if (CountOf(workload, SyncNeed::kUnseen) > 0) return kExitViolation;
  return CountOf(workload, SyncNeed::kUnknown) > 0 ? kExitUnknown : kExitHolds;
}

std::string AuditText(const AuditedWorkload& workload) {
  std::string text;
  for (const AuditedLine& line : workload.lines) {
    // The calls of a program have no line.
    const std::string at = line.line == 0 ? "" : fmt::format("{}:", line.line);
    text += fmt::format("{}:{} {}: {}{}\n", workload.file, at, line.op,
                        NeedName(line.audited.need), Remark(workload, line));
    if (line.audited.shown) {
      text +=
          FailureBlock(*line.audited.shown, workload.file, line.replay_flags);
    }
  }
  const auto syncs = std::ranges::count_if(
      workload.lines, [](const AuditedLine& line) { return !line.of_all; });
  text += fmt::format("{}: audit: {} under profile {}: {} {}", workload.file,
                      workload.backend, workload.profile, syncs,
                      syncs == 1 ? "sync" : "syncs");
  const char* before = ": ";
  for (const SyncNeed need : kNeeds) {
    const size_t count = CountOf(workload, need);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", before, count, NeedName(need));
    before = ", ";
  }
  return text + "\n";
}

std::string AuditJson(const std::vector<AuditedWorkload>& workloads,
                      ExitStatus status) {
  Json audits = Json::array();
  for (const AuditedWorkload& workload : workloads) {
    Json syncs = Json::array();
    for (const AuditedLine& line : workload.lines) {
      Json sync = {{"line", line.line},
                   {"op", EscapeBytes(line.op)},
                   {"need", NeedName(line.audited.need)},
                   {"enough", line.enough}};
      if (const auto& shown = line.audited.shown) {
        sync["cause"] = shown->violation.cause;
        sync["id"] = shown->id;
        sync["replay_flags"] = EscapeBytes(line.replay_flags);
        sync["explanation"] = EscapeBytes(Explanation(*shown));
      }
      syncs.push_back(std::move(sync));
    }
    audits.push_back({{"file", EscapeBytes(workload.file)},
                      {"backend", workload.backend},
                      {"profile", workload.profile},
                      {"verdict", VerdictOf(StatusOf(workload))},
                      {"judged_by", workload.by_check        ? "check"
                                    : workload.by_conditions ? "conditions"
                                                             : "promises"},
                      {"syncs", std::move(syncs)}});
  }
  const Json all = {{"powercut", 1},
                    {"verdict", VerdictOf(status)},
                    {"audits", std::move(audits)}};
  return all.dump() + "\n";
}

}  // namespace powercut
