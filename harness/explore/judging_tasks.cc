// Collects questions until they are worth a process. The order of a task holds
// the outcomes as bytes and the questions in the order of their histories, so
// that the model in the process of the task only moves forward.
//
// Answers come in the order of the tasks, and a state waits for the task that
// was made of it, so that a question that an earlier task was asked is answered
// by then. Where an answer is missing, because a process was killed, the caller
// judges by itself.

#include "harness/explore/judging_tasks.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include "harness/base/check.h"
#include "harness/recover/outcome_codec.h"
#include "harness/system/packed_bytes.h"

namespace powercut {
namespace {

// Fewer questions are not worth a process. Its model begins before the first
// event, so that a long history asks for more of them.
constexpr size_t kQuestionsMin = 2048;
// The bytes of outcomes that are kept for later tasks.
constexpr size_t kEncodedBytesMax = 64 << 20;

// An outcome with more contents is judged where it is: carrying it to another
// process costs as much.
constexpr size_t kOutcomeBytesMax = 4096;

constexpr char kAdmitted = 'a';
constexpr char kNotAdmitted = 'n';

bool IsLarge(const RecoveryOutcome& outcome) {
  const Observation& seen = outcome.observation;
  size_t bytes = seen.device.size();
  for (const ObservedEntry& entry : seen.entries) bytes += entry.content.size();
  for (const ObservedLog& log : seen.logs) {
    for (const ObservedRecord& record : log.records) {
      bytes += record.content.size();
    }
  }
  return bytes > kOutcomeBytesMax;
}

}  // namespace

JudgingTasks::JudgingTasks(WorkerPool& pool, Judge& judge, size_t history_size,
                           OnJudged on_judged)
    : pool_(pool),
      judge_(judge),
      questions_min_(std::max(kQuestionsMin, history_size)),
      on_judged_(std::move(on_judged)) {
  pool_.set_task([this](std::string_view order) { return JudgeOrder(order); });
}

bool JudgingTasks::Histories::Extend(size_t history) {
  if (begin == end) begin = end = static_cast<uint32_t>(history);
  if (history == end) ++end;
  return Contains(history);
}

JudgingTasks::Known& JudgingTasks::KnownOf(OutcomeId outcome) {
  if (outcome >= known_.size()) known_.resize(outcome + 1);
  Known& known = known_[outcome];
  if (known.size == Known::kUnknown) {
    known.size =
        IsLarge(pool_.outcomes()[outcome]) ? Known::kLarge : Known::kSmall;
  }
  return known;
}

bool JudgingTasks::IsAdmitted(OutcomeId outcome, size_t history,
                              CrashKind kind) {
  return known_[outcome].admitted[static_cast<size_t>(kind)].Contains(history);
}

bool JudgingTasks::IsAdmitted(const CrashPoint& point, OutcomeId outcome,
                              CrashKind kind) {
  const Histories& admitted =
      KnownOf(outcome).admitted[static_cast<size_t>(kind)];
  return admitted.Contains(point.history_min) &&
         admitted.Contains(point.history_max);
}

void JudgingTasks::Visit(const CrashState& state, const CrashPoint& point,
                         OutcomeId outcome) {
  if (IsAdmitted(point, outcome, state.kind)) return;
  bool judged = true;
  for (size_t h = point.history_min; h <= point.history_max; ++h) {
    judged = judged && (IsAdmitted(outcome, h, state.kind) ||
                        judge_.Knows(outcome, h, state.kind));
  }
  if (judged || KnownOf(outcome).size == Known::kLarge) {
    return Tell({state, point, outcome});
  }
  Ask(point, outcome, state.kind);
  round_.states.push_back({state, point, outcome});
  const bool enough = round_.questions.size() >= questions_min_ ||
                      round_.states.size() >= 4 * questions_min_;
  if (enough) Submit();
}

void JudgingTasks::Ask(const CrashPoint& point, OutcomeId outcome,
                       CrashKind kind) {
  Known& known = KnownOf(outcome);
  Histories& asked = known.asked[static_cast<size_t>(kind)];
  for (size_t h = point.history_min; h <= point.history_max; ++h) {
    if (asked.Contains(h)) continue;
    // A history that does not fit is asked again the next time, which costs
    // time and changes no answer.
    asked.Extend(h);
    round_.questions.push_back({h, kind, outcome});
  }
}

void JudgingTasks::Finish() {
  // What is left is not worth a process.
  pool_.FinishTasks();
  Take(std::exchange(round_, {}), std::nullopt);
}

void JudgingTasks::Submit() {
  // The callback is copied, which a round must not be.
  const auto round = std::make_shared<Round>(std::exchange(round_, {}));
  std::sort(round->questions.begin(), round->questions.end());
  pool_.SubmitTask(
      OrderOf(round->questions),
      [this, round](const TaskResult& result) { Take(*round, result); });
}

std::string JudgingTasks::OrderOf(const std::vector<Question>& questions) {
  std::string order;
  PackedWriter out(order);
  out.Number(questions.size());
  std::unordered_map<OutcomeId, uint64_t> place;
  for (const Question& question : questions) {
    out.Number(question.history);
    out.Number(static_cast<uint64_t>(question.kind));
    // An outcome follows the first question about it.
    const auto [entry, added] =
        place.try_emplace(question.outcome, place.size());
    out.Number(entry->second);
    if (added) out.Text(EncodedOutcome(question.outcome));
  }
  return order;
}

const std::string& JudgingTasks::EncodedOutcome(OutcomeId outcome) {
  if (encoded_bytes_ > kEncodedBytesMax) {
    for (Known& known : known_) known.encoded = {};
    encoded_bytes_ = 0;
  }
  std::string& bytes = known_[outcome].encoded;
  if (bytes.empty()) {
    bytes = EncodeOutcome(pool_.outcomes()[outcome]);
    encoded_bytes_ += bytes.size();
  }
  return bytes;
}

std::string JudgingTasks::JudgeOrder(std::string_view order) {
  PackedReader in(order);
  std::string answers;
  std::vector<RecoveryOutcome> outcomes;
  for (uint64_t left = in.Count(3); left > 0; --left) {
    const uint64_t history = in.Number();
    const auto kind = static_cast<CrashKind>(in.Number());
    const uint64_t place = in.Number();
    if (place == outcomes.size()) {
      Result<RecoveryOutcome> outcome = DecodeOutcome(in.Text());
      POWERCUT_CHECK(outcome.has_value());
      outcomes.push_back(std::move(*outcome));
    }
    const bool admitted = judge_.Admits(outcomes.at(place), history, kind);
    answers.push_back(admitted ? kAdmitted : kNotAdmitted);
  }
  POWERCUT_CHECK(in.Finished());
  return answers;
}

void JudgingTasks::Take(const Round& round, const TaskResult& result) {
  const bool answered = result && result->size() == round.questions.size();
  for (size_t i = 0; answered && i < round.questions.size(); ++i) {
    const auto& [history, kind, outcome] = round.questions[i];
    if ((*result)[i] != kAdmitted) continue;
    Histories& admitted = known_[outcome].admitted[static_cast<size_t>(kind)];
    if (!admitted.Extend(history)) judge_.TellAdmitted(outcome, history, kind);
  }
  for (const UnjudgedState& at : round.states) {
    if (!IsAdmitted(at.point, at.outcome, at.state.kind)) Tell(at);
  }
}

// The judge is told what is known here, so that it does not judge that again.
void JudgingTasks::Tell(const UnjudgedState& at) {
  for (size_t h = at.point.history_min; h <= at.point.history_max; ++h) {
    if (!IsAdmitted(at.outcome, h, at.state.kind)) continue;
    judge_.TellAdmitted(at.outcome, h, at.state.kind);
  }
  on_judged_(at);
}

}  // namespace powercut
