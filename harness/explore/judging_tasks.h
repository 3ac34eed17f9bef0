// JudgingTasks: has other processes judge outcomes, as tasks of the worker
// pool. Most outcomes are admissible, and judging them is a large part of what
// an exploration does beside its recoveries.
//
// A task says only which outcomes are admissible; what is wrong with the others
// is for the caller to find. No storage code ever ran in the process of a task,
// so that its answers can be believed.

#ifndef POWERCUT_HARNESS_EXPLORE_JUDGING_TASKS_H_
#define POWERCUT_HARNESS_EXPLORE_JUDGING_TASKS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/judge/judge.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// A state with its outcome, to be judged at each history of its point.
struct UnjudgedState {
  CrashState state;
  CrashPoint point;
  OutcomeId outcome = 0;
};

// Not thread-safe.
class JudgingTasks {
 public:
  using OnJudged = std::function<void(const UnjudgedState&)>;

  // `pool` and `judge` must outlive this object. `history_size` is the length
  // of the whole history. Sets the task of the pool.
  JudgingTasks(WorkerPool& pool, Judge& judge, size_t history_size,
               OnJudged on_judged);

  // Sees to it that a state is judged. If its outcome is known to be
  // admissible, nothing follows. If a task would only be a delay, `on_judged`
  // is called at once. Otherwise it is called later, from inside a call of this
  // object or of the pool, unless the outcome turns out to be admissible.
  // States that wait are told in the order of Visit(). O(histories of the
  // point), and the size of the outcome at its first time.
  void Visit(const CrashState& state, const CrashPoint& point,
             OutcomeId outcome);
  // Returns when every state was judged.
  // Requires: no batch of the pool is under way.
  void Finish();

 private:
  // Which outcome is to be judged, and when.
  struct Question {
    size_t history = 0;
    CrashKind kind = CrashKind::kPower;
    OutcomeId outcome = 0;

    auto operator<=>(const Question&) const = default;
  };
  struct Round {
    std::vector<UnjudgedState> states;
    std::vector<Question> questions;
  };

  // Histories [begin, end); empty if both are equal.
  struct Histories {
    uint32_t begin = 0;
    uint32_t end = 0;

    bool Contains(size_t history) const {
      return begin <= history && history < end;
    }
    // Adds a history if it is the next one, or if there is none. Returns
    // whether it is there now.
    bool Extend(size_t history);
  };
  // What is known of an outcome, by kind of crash. Histories are asked about in
  // ascending order for the most part, so that one run of them is kept.
  struct Known {
    std::array<Histories, kCrashKinds.size()> admitted;
    std::array<Histories, kCrashKinds.size()> asked;
    // Set at the first question.
    enum : uint8_t { kUnknown, kSmall, kLarge } size = kUnknown;
    // Empty until a task needs it.
    std::string encoded;
  };

  Known& KnownOf(OutcomeId outcome);
  bool IsAdmitted(OutcomeId outcome, size_t history, CrashKind kind);
  // Whether all histories of the point are known to admit the outcome.
  bool IsAdmitted(const CrashPoint& point, OutcomeId outcome, CrashKind kind);
  // Adds questions to the round, unless they were asked.
  void Ask(const CrashPoint& point, OutcomeId outcome, CrashKind kind);
  // Submits a task for the round, and begins a new one.
  void Submit();
  std::string OrderOf(const std::vector<Question>& questions);
  const std::string& EncodedOutcome(OutcomeId outcome);
  void Take(const Round& round, const TaskResult& result);
  void Tell(const UnjudgedState& at);
  // Runs in the process of a task: one character for each question.
  std::string JudgeOrder(std::string_view order);

  WorkerPool& pool_;
  Judge& judge_;
  // A task begins when there are so many questions.
  const size_t questions_min_;
  const OnJudged on_judged_;
  Round round_;
  // By outcome.
  std::vector<Known> known_;
  // The bytes of all `encoded`.
  size_t encoded_bytes_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_JUDGING_TASKS_H_
