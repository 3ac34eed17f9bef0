// Judge: what is wrong with an outcome at each moment of a recording, according
// to the model or to the check that the setting names (docs/crash_model.md 6).

#ifndef POWERCUT_HARNESS_JUDGE_JUDGE_H_
#define POWERCUT_HARNESS_JUDGE_JUDGE_H_

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "harness/judge/crash_points.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/outcome_table.h"
#include "model/words/violation.h"

namespace powercut {

// Judges outcomes, and answers equal questions once. Not thread-safe.
class Judge {
 public:
  // What `run` refers to, and `outcomes`, must outlive this object.
  Judge(const RecordedRun& run, const OutcomeTable& outcomes);

  // What is wrong with an outcome after a crash of this kind before which the
  // first `history` events of the history happened. The violations come in the
  // order of their paths, then those of `forbid` conditions; empty if the
  // outcome is admissible. If a fault fell on the recovery, storage may say
  // that something cannot be read: this is no violation, and no condition is
  // asked of such an outcome. The reference is valid as long as this object.
  // The cost is O(marks) if the model must move, and that of Model::Check().
  const std::vector<Violation>& Violations(OutcomeId outcome, size_t history,
                                           CrashKind kind);

  // A number for the arguments of Violations().
  static uint64_t KeyOf(OutcomeId outcome, size_t history, CrashKind kind) {
    // The kind takes two bits, and the history the 30 bits above.
    return uint64_t{outcome} << 32 | history << 2 | static_cast<uint64_t>(kind);
  }
  // Whether an outcome, which need not be in the table, has no violation there.
  // The answer is not kept. Cost: as Violations().
  bool Admits(const RecoveryOutcome& outcome, size_t history, CrashKind kind) {
    return JudgeWith(ModelAt(history), outcome, history, kind).empty();
  }
  // Whether Violations() of these arguments is known already.
  bool Knows(OutcomeId outcome, size_t history, CrashKind kind) const {
    return verdicts_.contains(KeyOf(outcome, history, kind));
  }
  // Tells that there are no violations, because Admits() said so.
  void TellAdmitted(OutcomeId outcome, size_t history, CrashKind kind) {
    verdicts_.try_emplace(KeyOf(outcome, history, kind));
  }

  // A violation of the whole volume at this moment.
  Violation VolumeViolation(ViolationKind violation, size_t history,
                            CrashKind kind, const std::string& found);

  // Whether both outcomes are the same result (SameResult()).
  bool Same(OutcomeId a, OutcomeId b) const { return outcomes_.Same(a, b); }

  // Violations() under another profile, for an outcome that need not be in the
  // table. The result is not kept. O(history).
  std::vector<Violation> ViolationsUnder(const Profile& profile,
                                         const RecoveryOutcome& outcome,
                                         size_t history, CrashKind kind) const;

 private:
  const Model& ModelAt(size_t history);
  void Approach(size_t history);
  const Model& Keep();
  void MakeRoom();
  std::vector<Violation> JudgeWith(const Model& model,
                                   const RecoveryOutcome& outcome,
                                   size_t history, CrashKind kind) const;
  std::vector<Violation> JudgeByItself(const Model& model,
                                       const RecoveryOutcome& outcome,
                                       size_t history, CrashKind kind) const;
  Violation HangViolation(const Model& model, const RecoveryOutcome& outcome,
                          size_t history, CrashKind kind) const;
  std::string CauseOfCheck(const Violation& violation, size_t history) const;
  void CheckForbidden(const Model& model, const Observation& observation,
                      CrashKind kind, std::vector<Violation>& violations) const;

  const RecordedRun run_;
  const OutcomeTable& outcomes_;
  ModelCursor cursor_;
  // Every outcome at a crash point is judged at each of the point's histories,
  // and rounds of runs go back to earlier points. So models that were gone back
  // to are kept for a while, and milestones for good: no way back begins at the
  // first event.
  struct KeptModel {
    Model model;
    // The value of `uses_` at the last use.
    uint64_t used = 0;
  };
  // The kept models by history.
  std::map<size_t, KeptModel> kept_;
  uint64_t uses_ = 0;
  // The distance of milestones.
  size_t milestone_steps_;
  // The history from which on conditions are judged: the op before `cut` has
  // returned.
  size_t cut_history_;
  // The history from which on an ack of the recorded program is in force.
  size_t acked_history_;
  std::unordered_map<uint64_t, std::vector<Violation>> verdicts_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_JUDGE_H_
