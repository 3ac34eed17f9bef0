// Puts a violation into words, each row from its own source: the op and the
// promise from the violation and the workload, the crash from the canonical
// step of the state, the faults from the marks of the history.
//
// Example: a state that lost the first sector of write 56 becomes "57p-w56:0:
// power was lost after 57 disk events; 1 of 24 open blocks lost: write 56 (op
// 3) sector 0". If the canonical step has the `+` form, which lists what was
// kept, the words say "kept" instead. At most three writes are named.

#include "harness/judge/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <string_view>

#include "harness/fault/fault.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

// The last disk event before op `op` returned; `std::nullopt` if it did not
// return. The number 0 stands for the sync after `init`.
std::optional<EventNumber> EventOfReturn(
    const std::vector<HistoryEvent>& history, uint32_t op) {
  for (const HistoryEvent& event : history) {
    const bool is_it = op == 0
                           ? event.kind == HistoryEvent::kRun
                           : event.kind == HistoryEvent::kEnd && event.op == op;
    if (is_it) return event.after;
  }
  return std::nullopt;
}

std::string PromiseText(const RecordedRun& run, const Violation& violation) {
  const Promise& promise = violation.promise;
  const std::string what =
      violation.path.empty() ? "the volume" : violation.path;
  if (!promise.flush_op) return "none: nothing was promised of " + what;
  const auto event = EventOfReturn(run.recording.history, *promise.flush_op);
  std::string flush = "the sync after `init`";
  if (*promise.flush_op > 0) {
    const Op& op = run.workload.OpNumber(*promise.flush_op);
    flush = fmt::format("op {}, {}", *promise.flush_op, OpText(op));
  }
  const std::string effect =
      promise.effect_op == 0 ? ""
                             : fmt::format(" from op {}", promise.effect_op);
  return fmt::format("{}{}, durable since event {} ({})", what, effect,
                     event.value_or(0), flush);
}

// How many lines there are, and the last of them: `2 acks, the last: b`.
std::string LinesText(std::span<const std::string_view> lines,
                      std::string_view word) {
  return fmt::format("{} {}{}, the last: {}", lines.size(), word,
                     lines.size() == 1 ? "" : "s", lines.back());
}

// The promise of a recorded program: the acks that it wrote before the crash,
// and what it had attempted by then. The marks of an imported log are acks.
std::string AcksText(const RecordedRun& run, EventNumber point) {
  const Trace& trace = run.trace();
  const auto acks = AcksUpTo(trace, point);
  const auto attempts = AttemptsUpTo(trace, point);
  if (run.imported) {
    return acks.empty() ? "none: no mark of the log came before the crash"
                        : LinesText(acks, "mark");
  }
  std::string text = acks.empty()
                         ? "none: the program had written no ack to "
                           "$POWERCUT_ACKS yet, so that $POWERCUT_ACKED is "
                           "empty"
                         : LinesText(acks, "ack");
  if (!attempts.empty()) text += "; " + LinesText(attempts, "attempt");
  return text;
}

// The number of disk events before the last ack up to the point;
// `std::nullopt` if there is none.
std::optional<EventNumber> EventOfLastAck(const Trace& trace,
                                          EventNumber point) {
  size_t left = AcksUpTo(trace, point).size();
  for (const Mark& mark : trace.marks()) {
    if (left == 0) break;
    if (AckOf(mark) && --left == 0) return mark.after;
  }
  return std::nullopt;
}

// What crashed, and after how much of the recording.
std::string MomentText(const CrashStep& step) {
  const char* what = step.kind == CrashKind::kProcess ? "the process ended"
                     : step.kind == CrashKind::kOs    ? "the system stopped"
                                                      : "power was lost";
  std::string text = fmt::format("{} after {} disk event{}", what, step.point,
                                 step.point == 1 ? "" : "s");
  if (step.marks == 1) text += " and the first mark that follows";
  if (step.marks > 1) {
    text += fmt::format(" and the first {} marks that follow", step.marks);
  }
  return text;
}

// Says which writes lost blocks, or which ones alone kept some.
std::string LostText(const RecordedRun& run, const CrashState& state,
                     const PointCursor& cursor, uint64_t lost) {
  if (lost == 0) return "everything issued persisted";
  const CrashStep step = CanonicalStep(state, cursor);
  const bool kept = step.sign == '+';
  std::string text =
      fmt::format("{} of {} open blocks lost", lost, cursor.open().size());
  // A step that names its items by a bitmap lists none.
  if (step.items.empty()) return text;
  text += kept ? "; kept:" : ":";
  constexpr size_t kItemsShown = 3;
  for (size_t i = 0; i < step.items.size() && i < kItemsShown; ++i) {
    const StateItem& item = step.items[i];
    // The op is a hint only: storage may write at any time, for any op.
    const uint32_t op = OpRunningAt(run.recording.history, item.event);
    text += fmt::format("{} {} {}", i > 0 ? "," : "",
                        item.discard ? "discard" : "write", item.event);
    if (op > 0) text += fmt::format(" (op {})", op);
    if (item.sectors && item.sectors->first == item.sectors->second) {
      text += fmt::format(" sector {}", item.sectors->first);
    } else if (item.sectors) {
      text += fmt::format(" sectors {} to {}", item.sectors->first,
                          item.sectors->second);
    }
  }
  if (step.items.size() > kItemsShown) {
    text += fmt::format(" and {} more", step.items.size() - kItemsShown);
  }
  return text;
}

// The faults that fell on the disk before the state, one text each.
std::vector<std::string> FaultTexts(const RecordedRun& run,
                                    const CrashState& state) {
  struct Fallen {
    std::string text;
    uint64_t times = 0;
  };
  std::map<uint32_t, Fallen> fallen;  // By the fault's number.
  // Marks after the last event have happened only as far as the state says.
  uint32_t marks = 0;
  for (const HistoryEvent& event : run.recording.history) {
    if (event.after > state.point) break;
    if (event.after == state.point && marks++ == state.marks) break;
    if (event.kind != HistoryEvent::kFault) continue;
    Fallen& fault = fallen[event.fault];
    // The first time is told in full; others are only counted.
    if (fault.times++ == 0) {
      fault.text =
          fmt::format("{} (after event {})", event.fault_text, event.after);
    }
  }
  std::vector<std::string> texts;
  for (auto& [number, fault] : fallen) {
    if (fault.times > 1) {
      fault.text += fmt::format(", and {} more", fault.times - 1);
    }
    texts.push_back(std::move(fault.text));
  }
  return texts;
}

}  // namespace

Finding DescribeFinding(const RecordedRun& run, const Violation& violation,
                        const CrashState& state, const PointCursor& cursor) {
  Finding finding;
  finding.violation = violation;
  finding.lost_blocks = LostBlocks(state, cursor);
  const CrashStep step = CanonicalStep(state, cursor);
  finding.id = StateIdText({{step}, run.recording.trace.Digest()});
  // A trace that holds no workload has no ops to speak of.
  const bool program = run.workload.init.empty() && run.workload.run.empty();
  finding.promise =
      program ? AcksText(run, state.point) : PromiseText(run, violation);
  if (program) {
    finding.promised_at = EventOfLastAck(run.recording.trace, state.point);
  } else if (violation.promise.flush_op) {
    finding.promised_at =
        EventOfReturn(run.recording.history, *violation.promise.flush_op);
  }
  finding.faults = FaultTexts(run, state);
  finding.crash =
      fmt::format("{}: {}; {}", CrashStepText(step), MomentText(step),
                  LostText(run, state, cursor, finding.lost_blocks));
  if (program) {
    finding.op_text =
        run.imported ? "log        imported" : "program    recorded";
  } else if (violation.op > 0) {
    const Op& op = run.workload.OpNumber(violation.op);
    finding.line = op.line;
    finding.op_text =
        fmt::format("op {:<8}{:<20} {}", violation.op, OpText(op),
                    violation.op_returned ? "returned" : "not returned");
  } else {
    finding.op_text = "op -       none had begun";
  }
  return finding;
}

void AddRecoveryFaults(const Workload& workload, const RecoveryOutcome& outcome,
                       Finding& finding) {
  for (const uint32_t number : outcome.faults_fired) {
    finding.faults.push_back(FaultText(workload.faults.at(number - 1)));
  }
}

void AddInnerCrashes(std::span<const CrashStep> inner, uint64_t lost,
                     Finding& finding) {
  if (inner.empty()) return;
  // The digest stands once, at the end, so that the steps are inserted before
  // it.
  auto id = ParseStateId(finding.id);
  POWERCUT_CHECK(id);
  id->steps.insert(id->steps.end(), inner.begin(), inner.end());
  finding.id = StateIdText(*id);
  finding.lost_blocks += lost;
  for (const CrashStep& step : inner) {
    finding.crash +=
        fmt::format("; then {} of its recovery", CrashStepText(step));
  }
  if (lost > 0) {
    finding.crash +=
        fmt::format(", {} {} lost", lost, lost == 1 ? "block" : "blocks");
  }
}

}  // namespace powercut
