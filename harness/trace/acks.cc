// Acks are told from other marks by their prefix alone, so that the log of
// another recorder, which knows no prefixes, is a trace with acks. An attempt
// is stored as an ack whose text begins in a way of its own: readers that know
// no attempts take it for an ack, as they always did.

#include "harness/trace/acks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "harness/trace/marks.h"

namespace powercut {
namespace {

constexpr std::string_view kAck = "powercut:ack ";

// The line that the program wrote; `std::nullopt` if it wrote no such mark. The
// mark with which the kernel ends a log is the kernel's.
std::optional<std::string_view> AckOfProgram(const Mark& mark) {
  if (mark.text == kKernelEndMark) return std::nullopt;
  return AckOf(mark);
}

std::optional<std::string_view> LineOf(const Mark& mark, ProgramLine line) {
  return line == ProgramLine::kAck ? AckOfProgram(mark) : AttemptOf(mark);
}

// Calls `seen` with each such line, in their order, and with the first point at
// which it counts. The points ascend.
template <class Seen>
void ForEachLine(const Trace& trace, ProgramLine line, const Seen& seen) {
  const std::vector<Mark>& marks = trace.marks();
  for (size_t begin = 0, end = 0; begin < marks.size(); begin = end) {
    const EventNumber point = marks[begin].after;
    // The end of the marks of this point, and that of its last ack among them.
    size_t acked = begin;
    for (; end < marks.size() && marks[end].after == point; ++end) {
      if (AckOfProgram(marks[end])) acked = end + 1;
    }
    for (size_t i = begin; i < end; ++i) {
      const bool later = line == ProgramLine::kAttempt && i >= acked;
      const auto text = LineOf(marks[i], line);
      if (text) seen(*text, later ? point + 1 : point);
    }
  }
}

std::vector<std::string_view> LinesUpTo(const Trace& trace, ProgramLine line,
                                        EventNumber point) {
  std::vector<std::string_view> lines;
  ForEachLine(trace, line, [&](std::string_view text, EventNumber from) {
    if (from <= point) lines.push_back(text);
  });
  return lines;
}

}  // namespace

std::string LineMark(std::string_view line) {
  return std::string(kAck).append(line);
}

std::optional<std::string_view> AckOf(const Mark& mark) {
  if (AttemptOf(mark)) return std::nullopt;
  const std::string_view text = mark.text;
  if (text.starts_with(kAck)) return text.substr(kAck.size());
  if (text.starts_with(kOurs)) return std::nullopt;
  return text;
}

std::optional<std::string_view> AttemptOf(const Mark& mark) {
  std::string_view text = mark.text;
  if (!text.starts_with(kAck)) return std::nullopt;
  text.remove_prefix(kAck.size());
  if (!text.starts_with(kAttemptLine)) return std::nullopt;
  return text.substr(kAttemptLine.size());
}

Hash128 HashOfLines(const Trace& trace) {
  std::string text;
  const auto add = [&text](std::string_view kind, EventNumber after,
                           std::string_view line) {
    // With the size, so that no text of a line can look like another line.
    text += fmt::format("{}{} {} {}\n", kind, after, line.size(), line);
  };
  for (const Mark& mark : trace.marks()) {
    if (const auto ack = AckOfProgram(mark)) add("", mark.after, *ack);
    if (const auto attempt = AttemptOf(mark)) add("a", mark.after, *attempt);
  }
  return HashBytes(AsBytes(text), /*seed=*/0);
}

std::vector<std::string_view> AcksUpTo(const Trace& trace, EventNumber point) {
  return LinesUpTo(trace, ProgramLine::kAck, point);
}

std::vector<std::string_view> AttemptsUpTo(const Trace& trace,
                                           EventNumber point) {
  return LinesUpTo(trace, ProgramLine::kAttempt, point);
}

LineText::LineText(const Trace& trace, ProgramLine line) {
  ForEachLine(trace, line, [&](std::string_view text, EventNumber from) {
    text_.append(text).push_back('\n');
    ends_.emplace_back(from, text_.size());
  });
}

std::string_view LineText::UpTo(EventNumber point) const {
  const auto after = std::ranges::upper_bound(
      ends_, point, {}, &std::pair<EventNumber, size_t>::first);
  const size_t size = after == ends_.begin() ? 0 : std::prev(after)->second;
  return std::string_view(text_).substr(0, size);
}

std::vector<uint32_t> LineCounts(const Trace& trace) {
  std::vector<uint32_t> counts(trace.event_count() + size_t{1});
  for (const ProgramLine line : {ProgramLine::kAck, ProgramLine::kAttempt}) {
    ForEachLine(trace, line, [&](std::string_view, EventNumber from) {
      if (from < counts.size()) ++counts[from];
    });
  }
  std::partial_sum(counts.begin(), counts.end(), counts.begin());
  return counts;
}

}  // namespace powercut
