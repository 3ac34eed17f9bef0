// Marks as events of a history, and a model that follows them.
//
// A trace may come from a file, so that its marks are checked against the rules
// that a recording keeps: ops begin in ascending order, each returns at most
// once and after its begin, and `run` comes once. The model relies on them.

#include "harness/trace/op_history.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace powercut {
namespace {

constexpr std::string_view kPrefix = "powercut:";

// Removes a number from the beginning of `text`; false if there is none.
bool TakeNumber(std::string_view& text, uint32_t& number) {
  const auto [stop, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(stop - text.data()));
  return true;
}

bool TakeWord(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// Fills in what a mark says. False if it begins as a mark of powercut and is
// none that a history knows.
bool Understand(std::string_view text, HistoryEvent& event) {
  // An ack of another recorder: the event stays a kUser.
  if (!TakeWord(text, kPrefix)) return true;
  if (text == "run") {
    event.kind = HistoryEvent::kRun;
    return true;
  }
  if (TakeWord(text, "ack ")) return true;
  if (TakeWord(text, "begin ")) {
    event.kind = HistoryEvent::kBegin;
    return TakeNumber(text, event.op) && text.empty();
  }
  if (TakeWord(text, "end ")) {
    event.kind = HistoryEvent::kEnd;
    if (!TakeNumber(text, event.op) || !TakeWord(text, " ")) return false;
    if (text != "ok") event.error = text;
    return !text.empty();
  }
  if (TakeWord(text, "fault ")) {
    event.kind = HistoryEvent::kFault;
    if (!TakeNumber(text, event.fault) || !TakeWord(text, " ")) return false;
    event.fault_text = text;
    return event.fault > 0;
  }
  return false;
}

}  // namespace

std::string BeginMark(uint32_t op) {
  return fmt::format("{}begin {}", kPrefix, op);
}

std::string EndMark(uint32_t op, const std::string& error) {
  return fmt::format("{}end {} {}", kPrefix, op, error.empty() ? "ok" : error);
}

std::string FaultMark(uint32_t fault, const std::string& text) {
  return fmt::format("{}fault {} {}", kPrefix, fault, text);
}

Result<std::vector<HistoryEvent>> HistoryOf(const Trace& trace,
                                            uint32_t op_count,
                                            uint32_t fault_count) {
  std::vector<HistoryEvent> history;
  // By op: 0 until it began, 1 until it returned, 2 afterwards.
  std::vector<int> progress(op_count + 1, 0);
  uint32_t last_begun = 0;
  bool running = false;
  for (const Mark& mark : trace.marks()) {
    HistoryEvent event;
    event.after = mark.after;
    bool good = Understand(mark.text, event) && event.op <= op_count &&
                event.fault <= fault_count;
    if (good && event.kind == HistoryEvent::kBegin) {
      good = event.op > last_begun && progress[event.op]++ == 0;
      last_begun = event.op;
    } else if (good && event.kind == HistoryEvent::kEnd) {
      good = progress[event.op]++ == 1;
    } else if (good && event.kind == HistoryEvent::kRun) {
      good = !running;
      running = true;
    }
    if (!good) {
      return Error{ErrorCode::kBadInput,
                   fmt::format("mark {} after event {}: '{}' makes no sense "
                               "there; the trace does not belong to its .pcut",
                               history.size() + 1, mark.after, mark.text)};
    }
    history.push_back(std::move(event));
  }
  return history;
}

uint32_t OpRunningAt(const std::vector<HistoryEvent>& history,
                     EventNumber event) {
  // In the order in which they began.
  std::vector<uint32_t> running;
  for (const HistoryEvent& mark : history) {
    // A mark with this number of events before it, or more, is after the event.
    if (mark.after >= event) break;
    if (mark.kind == HistoryEvent::kBegin) running.push_back(mark.op);
    if (mark.kind == HistoryEvent::kEnd) std::erase(running, mark.op);
  }
  return running.empty() ? 0 : running.back();
}

ModelCursor::ModelCursor(const Workload& workload, const Profile& profile,
                         const std::vector<HistoryEvent>& history)
    : workload_(workload),
      profile_(profile),
      history_(history),
      model_(workload, profile) {}

void ModelCursor::GoOnFrom(size_t history_count, const Model& model) {
  model_ = Model(model);
  at_ = history_count;
}

void ModelCursor::MoveTo(size_t history_count) {
  POWERCUT_CHECK(history_count <= history_.size());
  if (history_count < at_) {
    // A model cannot take an event back.
    model_ = Model(workload_, profile_);
    at_ = 0;
  }
  for (; at_ < history_count; ++at_) {
    const HistoryEvent& event = history_[at_];
    // Faults and acks promise nothing and change no file: the model hears of a
    // broken disk only through ops that fail.
    if (event.kind == HistoryEvent::kBegin) model_.Begin(event.op);
    if (event.kind == HistoryEvent::kEnd) {
      model_.End(event.op, event.error.empty());
    }
    if (event.kind == HistoryEvent::kRun) model_.EndInit();
  }
}

}  // namespace powercut
