#include "harness/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "model/condition.h"

namespace powercut {

std::vector<Gap> GapsOf(const Recording& recording) {
  const auto& history = recording.history;
  size_t run_at = 0;
  EventNumber run_after = 0;
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].kind != HistoryEvent::kRun) continue;
    run_at = i + 1;
    run_after = history[i].after;
  }
  std::vector<Gap> gaps;
  size_t passed = 0;
  for (EventNumber point = 0; point <= recording.trace.event_count(); ++point) {
    Gap gap{point, passed, passed, passed};
    while (passed < history.size() && history[passed].after == point) {
      ++passed;
    }
    gap.history_max = passed;
    gap.history_min = std::max(gap.history_min, run_at);
    if (point >= run_after) gaps.push_back(gap);
  }
  return gaps;
}

size_t HistoryOfCut(const Workload& workload,
                    const std::vector<HistoryEvent>& history) {
  const size_t ops = workload.init.size() + workload.cut;
  for (size_t i = 0; i < history.size(); ++i) {
    const bool init_over =
        workload.cut == 0 && history[i].kind == HistoryEvent::kRun;
    const bool returned = history[i].kind == HistoryEvent::kEnd &&
                          history[i].op == ops && workload.cut > 0;
    if (init_over || returned) return i + 1;
  }
  return history.size();
}

Judge::Judge(const Workload& workload, const Setting& setting,
             const Recording& recording, const OutcomeTable& outcomes)
    : workload_(workload),
      setting_(setting),
      recording_(recording),
      outcomes_(outcomes),
      cursor_(workload, *setting.profile, recording.history),
      cut_history_(HistoryOfCut(workload, recording.history)) {}

const std::vector<Violation>& Judge::Ask(OutcomeId outcome, size_t history,
                                         CrashKind kind) {
  const uint64_t key =
      uint64_t{outcome} << 32 | history << 2 | static_cast<uint64_t>(kind);
  const auto [entry, added] = verdicts_.try_emplace(key);
  if (added) {
    entry->second =
        JudgeWith(ModelAt(history), outcomes_[outcome], history, kind);
  }
  return entry->second;
}

Violation Judge::OfVolume(ViolationKind violation, size_t history,
                          CrashKind kind, const std::string& found) {
  return ModelAt(history).VolumeViolation(violation, kind, found);
}

std::vector<Violation> Judge::AskUnder(const Profile& profile,
                                       const RecoveryOutcome& outcome,
                                       size_t history, CrashKind kind) const {
  ModelCursor cursor(workload_, profile, recording_.history);
  cursor.MoveTo(history);
  return JudgeWith(cursor.model(), outcome, history, kind);
}

const Model& Judge::ModelAt(size_t history) {
  constexpr size_t kModelsKept = 16;
  const auto kept = recent_.find(history);
  if (kept != recent_.end()) return kept->second;
  if (recent_.size() == kModelsKept) recent_.erase(recent_.begin());
  cursor_.MoveTo(history);
  return recent_.emplace(history, cursor_.model()).first->second;
}

std::vector<Violation> Judge::JudgeWith(const Model& model,
                                        const RecoveryOutcome& outcome,
                                        size_t history, CrashKind kind) const {
  if (outcome.kind == RecoveryOutcome::kDied) {
    return {model.VolumeViolation(ViolationKind::kDied, kind,
                                  "recovery died: " + outcome.detail)};
  }
  if (outcome.kind == RecoveryOutcome::kHung) {
    return {model.VolumeViolation(ViolationKind::kHang, kind,
                                  "recovery hung: " + outcome.detail)};
  }
  std::vector<Violation> violations = model.Check(outcome.observation, kind);
  if (history >= cut_history_ && outcome.observation.unreadable.empty()) {
    CheckForbidden(model, outcome.observation, kind, violations);
  }
  return violations;
}

void Judge::CheckForbidden(const Model& model, const Observation& observation,
                           CrashKind kind,
                           std::vector<Violation>& violations) const {
  for (const Outcome& outcome : workload_.outcomes) {
    const auto& profiles = outcome.profiles;
    const bool named =
        profiles.empty() || std::find(profiles.begin(), profiles.end(),
                                      setting_.profile->name) != profiles.end();
    if (outcome.allow || !named) continue;
    const auto holds =
        Holds(outcome.condition, observation, recording_.before, workload_);
    if (!holds.value_or(false)) continue;
    Violation violation =
        model.VolumeViolation(ViolationKind::kCheck, kind,
                              "forbidden: " + ConditionText(outcome.condition));
    violation.admissible =
        fmt::format("what line {} does not forbid", outcome.line);
    violations.push_back(std::move(violation));
  }
}

}  // namespace powercut
