// Judging: what the model says of an outcome at each moment of a recording.

#ifndef POWERCUT_HARNESS_JUDGE_JUDGE_H_
#define POWERCUT_HARNESS_JUDGE_JUDGE_H_

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "harness/record/recording.h"
#include "harness/recover/outcome_table.h"
#include "model/words/violation.h"

namespace powercut {

// A crash point: how many disk events, and which histories it can have.
struct Gap {
  EventNumber point = 0;
  // The history's length without and with all marks in this gap that count.
  size_t history_min = 0;
  size_t history_max = 0;
  // Marks of the gap in front of history_min: M of the id is the distance to
  // this.
  size_t history_base = 0;
};

// The crash points of a recording, from the `run` mark to the end, in order.
// `strictest`: each point with all marks behind it only, since a check command
// runs with the acks of a point.
std::vector<Gap> GapsOf(const Recording& recording, bool strictest = false);

// The length of the history from which on conditions speak: the op in front of
// `cut` has returned.
size_t HistoryOfCut(const Workload& workload,
                    const std::vector<HistoryEvent>& history);

// Judges outcomes at histories; equal questions once. Not thread-safe.
class Judge {
 public:
  // All must outlive this object.
  Judge(const Workload& workload, const Setting& setting,
        const Recording& recording, const OutcomeTable& outcomes);

  // What is wrong with an outcome after a crash of this kind, the first
  // `history` events of the history having happened; by path. Where a fault
  // fell on the recovery, storage may say that something cannot be read: that
  // is nothing wrong, and no condition is asked of such an outcome. The
  // reference stays valid.
  const std::vector<Violation>& Ask(OutcomeId outcome, size_t history,
                                    CrashKind kind);

  // A violation of the whole volume at this moment.
  Violation OfVolume(ViolationKind violation, size_t history, CrashKind kind,
                     const std::string& found);

  // The same under another profile, without memory. O(history).
  std::vector<Violation> AskUnder(const Profile& profile,
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
                                       const Observation& seen,
                                       CrashKind kind) const;
  void CheckForbidden(const Model& model, const Observation& observation,
                      CrashKind kind, std::vector<Violation>& violations) const;

  const Workload& workload_;
  const Setting& setting_;
  const Recording& recording_;
  const OutcomeTable& outcomes_;
  ModelCursor cursor_;
  // Every outcome of a gap is judged at each of its histories, and rounds of
  // runs go back to earlier gaps. So models that were gone back to are kept for
  // a while, and milestones for good: no way back begins at the first event.
  struct KeptModel {
    Model model;
    uint64_t used = 0;  // when, counted in uses
  };
  std::map<size_t, KeptModel> kept_;  // by history
  uint64_t uses_ = 0;
  size_t milestone_steps_;
  // The history from which on conditions are judged: the op in front of `cut`
  // has returned.
  size_t cut_history_;
  std::unordered_map<uint64_t, std::vector<Violation>> verdicts_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_JUDGE_H_
