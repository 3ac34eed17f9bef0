// Finds marks by the names that users give them, and moves the place where
// crashes begin to a mark.
//
// Method: a name is first taken as the whole text of a mark. Only if no mark
// has this text, the name is taken as `TEXT#N`: every text can be named.
// Crashes begin at the one kRun of a history. Moving it changes the kind of two
// events and the number of none, since ids count the marks of a crash point.
//
// Example: the marks are `run` (of powercut), `mkfs`, `1`, `1`. The name `1#2`
// means the last one; its event becomes kRun, and the event of `run` kUser.

#include "harness/trace/run_begin.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "harness/trace/acks.h"
#include "harness/trace/marks.h"

namespace powercut {
namespace {

// One mark as a word for a message, which must stay one short line.
std::string Shown(std::string_view text) {
  constexpr size_t kBytesMax = 40;
  std::string shown(text.substr(0, kBytesMax));
  for (char& c : shown) {
    if (c < 32 || c > 126) c = '?';
  }
  return text.size() > kBytesMax ? shown + ".." : shown;
}

// Splits `TEXT#N`. False if there is no number from 1 after the last `#`.
bool SplitOccurrence(std::string_view& name, size_t& occurrence) {
  const size_t at = name.rfind('#');
  if (at == name.npos) return false;
  const std::string_view digits = name.substr(at + 1);
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, occurrence);
  name = name.substr(0, at);
  return error == std::errc() && stop == end && occurrence > 0;
}

}  // namespace

bool IsAckLine(std::string_view line) {
  return line != kStartLine && !line.starts_with(kAttemptLine);
}

Result<NamedMark> FindMark(std::span<const std::string_view> texts,
                           std::string_view name) {
  const auto count = [&](std::string_view text) {
    return static_cast<size_t>(std::count(texts.begin(), texts.end(), text));
  };
  std::string_view text = name;
  NamedMark found;
  const bool split =
      count(name) == 0 && SplitOccurrence(text, found.occurrence);
  if (!split) {
    text = name;
    found.occurrence = 1;
  }
  found.occurrences = count(text);
  if (found.occurrences < found.occurrence) {
    return Error{
        ErrorCode::kUsage,
        fmt::format("--from '{}': there is no such mark; {}", Shown(name),
                    texts.empty() ? "the recording has no marks"
                                  : "the marks are " + MarksText(texts))};
  }
  size_t left = found.occurrence;
  while (texts[found.index] != text || --left > 0) ++found.index;
  return found;
}

std::string MarksText(std::span<const std::string_view> texts) {
  constexpr size_t kShownMax = 10;
  std::vector<std::string_view> different;
  for (const std::string_view text : texts) {
    const bool again =
        std::find(different.begin(), different.end(), text) != different.end();
    if (!again) different.push_back(text);
    // One more than is shown tells that there are more.
    if (different.size() > kShownMax) break;
  }
  std::vector<std::string> words;
  for (const std::string_view text : different) {
    if (words.size() == kShownMax) {
      words.emplace_back("and more (`powercut show` lists them)");
      break;
    }
    const auto count = std::count(texts.begin(), texts.end(), text);
    words.push_back(count == 1
                        ? Shown(text)
                        : fmt::format("{} ({} times)", Shown(text), count));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

NamableMarks NamableMarksOf(const Trace& trace) {
  NamableMarks marks;
  for (size_t i = 0; i < trace.marks().size(); ++i) {
    // The kernel ends a log with this mark, and nothing can begin there.
    if (trace.marks()[i].text == kKernelEndMark) continue;
    const auto ack = AckOf(trace.marks()[i]);
    if (!ack) continue;
    marks.texts.push_back(*ack);
    marks.places.push_back(i);
  }
  return marks;
}

Result<NamedMark> BeginRunAt(const Trace& trace, std::string_view name,
                             std::vector<HistoryEvent>& history) {
  const NamableMarks marks = NamableMarksOf(trace);
  POWERCUT_ASSIGN(const NamedMark found, FindMark(marks.texts, name));
  const size_t place = marks.places[found.index];
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].kind != HistoryEvent::kRun) continue;
    if (i > place) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("--from '{}': the recording begins its crashes later, "
                      "after event {}; record or import it again",
                      Shown(name), history[i].after)};
    }
    history[i].kind = HistoryEvent::kUser;
  }
  history[place].kind = HistoryEvent::kRun;
  return found;
}

Trace WithLastRunMark(const Trace& trace) {
  const std::vector<Mark>& marks = trace.marks();
  size_t last = marks.size();
  for (size_t i = 0; i < marks.size(); ++i) {
    if (marks[i].text == kRunMark) last = i;
  }
  Trace copy(trace.geometry(), trace.shared_base());
  size_t next = 0;
  const auto add_marks = [&](EventNumber after) {
    for (; next < marks.size() && marks[next].after == after; ++next) {
      if (marks[next].text != kRunMark || next == last) {
        copy.AddMark(marks[next].text);
      }
    }
  };
  add_marks(0);
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    const DiskEvent& event = trace.event(number);
    switch (event.kind) {
      case DiskEvent::kWrite:
        copy.AddWrite(event.range.first, trace.data(event), event.layer);
        break;
      case DiskEvent::kPersist:
        copy.AddPersist(event.layer,
                        event.scope ? &trace.scope(event) : nullptr,
                        event.upto);
        break;
      case DiskEvent::kDiscard:
        copy.AddDiscard(event.range);
        break;
    }
    add_marks(number);
  }
  return copy;
}

}  // namespace powercut
