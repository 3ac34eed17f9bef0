// A verdict needs the model as it was at one history. One model walks the
// history forwards (ModelCursor), and a verdict is kept by outcome, history and
// kind, so that equal questions are answered once.
//
// Rounds of runs ask about earlier points again, and a model cannot go back. So
// two sorts of copies are kept: milestones, one every `milestone_steps_` marks,
// for good; and the models of histories that were gone back to, of which the
// least recently used ones are dropped.
//
// Example: the model stands at history 500, milestones are 64 apart, and an
// outcome is asked about at 300. The copy at 256 goes on for 44 marks, and the
// model at 300 is kept, since one step back is often followed by another.

#include "harness/judge/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "harness/judge/check_cause.h"
#include "model/words/condition.h"

namespace powercut {
namespace {

// How many models are kept that are no milestones.
constexpr size_t kModelsKept = 48;
// Milestones are at least this far apart, and further in long histories, so
// that at most kMilestonesMax or so of them are kept.
constexpr size_t kMilestoneStepsMin = 64;
constexpr size_t kMilestonesMax = 16;

// What the detail of a hang begins with if the user's check passed its bound
// (RecoveryOutcome::kHung).
constexpr std::string_view kCheckHung = "the check: ";

// Removes the violations of kind `unreadable`; true if there were any.
bool TakeUnreadable(std::vector<Violation>& violations) {
  return std::erase_if(violations, [](const Violation& violation) {
           return violation.kind == ViolationKind::kUnreadable;
         }) > 0;
}

}  // namespace

Judge::Judge(const RecordedRun& run, const OutcomeTable& outcomes)
    : run_(run),
      outcomes_(outcomes),
      cursor_(run.workload, run.profile(), run.recording.history),
      milestone_steps_(std::max(kMilestoneStepsMin,
                                run.recording.history.size() / kMilestonesMax)),
      cut_history_(HistoryOfCut(run.workload, run.recording.history)),
      acked_history_(HistoryOfFirstAck(run.recording.trace)) {}

const std::vector<Violation>& Judge::Violations(OutcomeId outcome,
                                                size_t history,
                                                CrashKind kind) {
  const auto [entry, added] =
      verdicts_.try_emplace(KeyOf(outcome, history, kind));
  if (added) {
    entry->second =
        JudgeWith(ModelAt(history), outcomes_[outcome], history, kind);
  }
  return entry->second;
}

Violation Judge::VolumeViolation(ViolationKind violation, size_t history,
                                 CrashKind kind, const std::string& found) {
  return ModelAt(history).VolumeViolation(violation, kind, found);
}

std::vector<Violation> Judge::ViolationsUnder(const Profile& profile,
                                              const RecoveryOutcome& outcome,
                                              size_t history,
                                              CrashKind kind) const {
  ModelCursor cursor(run_.workload, profile, run_.recording.history);
  cursor.MoveTo(history);
  return JudgeWith(cursor.model(), outcome, history, kind);
}

const Model& Judge::ModelAt(size_t history) {
  if (cursor_.at() == history) return cursor_.model();
  const auto kept = kept_.find(history);
  if (kept != kept_.end()) {
    kept->second.used = ++uses_;
    return kept->second.model;
  }
  // Most histories are asked about in a row and never again. A model is worth
  // keeping only at a history that was gone back to.
  const bool back = history < cursor_.at();
  Approach(history);
  if (!back) return cursor_.model();
  MakeRoom();
  return Keep();
}

// Moves the cursor to a history, from the nearest model at or before it, and
// keeps the milestones that it passes.
void Judge::Approach(size_t history) {
  const auto above = kept_.upper_bound(history);
  if (above != kept_.begin()) {
    const auto& [nearest, kept] = *std::prev(above);
    if (cursor_.at() > history || cursor_.at() < nearest) {
      cursor_.GoOnFrom(nearest, kept.model);
    }
  }
  if (cursor_.at() > history) cursor_.MoveTo(0);
  while (cursor_.at() < history) {
    const size_t next =
        (cursor_.at() / milestone_steps_ + 1) * milestone_steps_;
    cursor_.MoveTo(std::min(next, history));
    if (next < history) Keep();
  }
}

const Model& Judge::Keep() {
  return kept_.try_emplace(cursor_.at(), KeptModel{cursor_.model(), ++uses_})
      .first->second.model;
}

// A scan is enough, since few models are kept.
void Judge::MakeRoom() {
  const auto is_milestone = [&](size_t history) {
    return history % milestone_steps_ == 0;
  };
  auto oldest = kept_.end();
  size_t count = 0;
  for (auto at = kept_.begin(); at != kept_.end(); ++at) {
    if (is_milestone(at->first)) continue;
    ++count;
    const bool older =
        oldest == kept_.end() || at->second.used < oldest->second.used;
    if (older) oldest = at;
  }
  if (count >= kModelsKept) kept_.erase(oldest);
}

std::vector<Violation> Judge::JudgeWith(const Model& model,
                                        const RecoveryOutcome& outcome,
                                        size_t history, CrashKind kind) const {
  if (outcome.kind == RecoveryOutcome::kNotRun ||
      outcome.kind == RecoveryOutcome::kOwnBug) {
    return {};
  }
  if (outcome.kind == RecoveryOutcome::kDied) {
    return {model.VolumeViolation(ViolationKind::kDied, kind,
                                  "recovery died: " + outcome.detail)};
  }
  if (outcome.kind == RecoveryOutcome::kHung) {
    return {HangViolation(model, outcome, history, kind)};
  }
  if (CheckOf(run_.setting.oracle) != nullptr) {
    return JudgeByItself(model, outcome, history, kind);
  }
  std::vector<Violation> violations = model.Check(outcome.observation, kind);
  // On a disk that broke, storage may say that it cannot read. What it does
  // show must be admissible all the same.
  const bool told = !outcome.faults_fired.empty() && TakeUnreadable(violations);
  if (history >= cut_history_ && outcome.observation.unreadable.empty() &&
      !told) {
    CheckForbidden(model, outcome.observation, kind, violations);
  }
  return violations;
}

// Judges by what the volume and its checks say, with no model of ops. A volume
// that does not mount has no other violation, and of the entries that cannot be
// read the first one is enough.
std::vector<Violation> Judge::JudgeByItself(const Model& model,
                                            const RecoveryOutcome& outcome,
                                            size_t history,
                                            CrashKind kind) const {
  const Observation& seen = outcome.observation;
  std::vector<Violation> violations;
  const auto add = [&](ViolationKind violation, const std::string& found,
                       const std::string& admissible) {
    violations.push_back(model.VolumeViolation(violation, kind, found));
    violations.back().admissible = admissible;
  };
  if (!seen.unreadable.empty()) {
    add(ViolationKind::kUnreadable, seen.unreadable, "a volume that mounts");
    return violations;
  }
  for (const ObservedEntry& entry : seen.entries) {
    if (entry.unreadable.empty()) continue;
    add(ViolationKind::kUnreadable, entry.path + ": " + entry.unreadable,
        "files that can be read");
    break;
  }
  for (const std::string& failure : seen.probe_failures) {
    add(ViolationKind::kError, failure, "a volume that takes writes");
  }
  if (!outcome.check.empty()) {
    add(ViolationKind::kCheck, outcome.check, "exit status 0 of the check");
    Violation& failed = violations.back();
    failed.cause = CheckCause(CauseOfCheck(failed, history), outcome.check);
  }
  if (!outcome.fsck.empty()) {
    add(ViolationKind::kFsck, outcome.fsck,
        "a volume in which its own checker finds nothing");
  }
  return violations;
}

Violation Judge::HangViolation(const Model& model,
                               const RecoveryOutcome& outcome, size_t history,
                               CrashKind kind) const {
  Violation violation = model.VolumeViolation(
      ViolationKind::kHang, kind, "recovery hung: " + outcome.detail);
  if (HasCommand(run_.setting.oracle) &&
      outcome.detail.starts_with(kCheckHung)) {
    violation.cause = CheckTimeoutCause(CauseOfCheck(violation, history));
  }
  return violation;
}

// The cause of a violation that the user's check showed, before what the check
// said. Where the recording has ops, the model knows the op at fault and the
// flush in force. A recorded program has acks in place of them.
std::string Judge::CauseOfCheck(const Violation& violation,
                                size_t history) const {
  const Workload& workload = run_.workload;
  if (!workload.init.empty() || !workload.run.empty()) return violation.cause;
  return ProgramCause(violation.kind, history >= acked_history_);
}

void Judge::CheckForbidden(const Model& model, const Observation& observation,
                           CrashKind kind,
                           std::vector<Violation>& violations) const {
  for (const Outcome& outcome : run_.workload.outcomes) {
    const auto& profiles = outcome.profiles;
    const bool named =
        profiles.empty() || std::find(profiles.begin(), profiles.end(),
                                      run_.profile().name) != profiles.end();
    if (outcome.allow || !named) continue;
    // A condition that cannot be decided on this observation does not hold.
    const auto holds = Holds(outcome.condition, observation,
                             run_.recording.before, run_.workload);
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
