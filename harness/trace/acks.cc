// Acks are told from other marks by their prefix alone, so that the log of
// another recorder, which knows no prefixes, is a trace with acks.

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

}  // namespace

std::string AckMark(std::string_view line) {
  return std::string(kAck).append(line);
}

std::optional<std::string_view> AckOf(const Mark& mark) {
  const std::string_view text = mark.text;
  if (text.starts_with(kAck)) return text.substr(kAck.size());
  if (text.starts_with(kOurs)) return std::nullopt;
  return text;
}

Hash128 HashOfAcks(const Trace& trace) {
  std::string text;
  for (const Mark& mark : trace.marks()) {
    const auto ack = AckOfProgram(mark);
    // With the size, so that no text of an ack can look like another ack.
    if (ack) text += fmt::format("{} {} {}\n", mark.after, ack->size(), *ack);
  }
  return HashBytes(AsBytes(text), /*seed=*/0);
}

std::vector<std::string_view> AcksUpTo(const Trace& trace, EventNumber point) {
  std::vector<std::string_view> acks;
  for (const Mark& mark : trace.marks()) {
    if (mark.after > point) break;
    if (const auto ack = AckOfProgram(mark)) acks.push_back(*ack);
  }
  return acks;
}

AckText::AckText(const Trace& trace) {
  for (const Mark& mark : trace.marks()) {
    const auto ack = AckOfProgram(mark);
    if (!ack) continue;
    text_.append(*ack).push_back('\n');
    ends_.emplace_back(mark.after, text_.size());
  }
}

std::string_view AckText::UpTo(EventNumber point) const {
  const auto after = std::ranges::upper_bound(
      ends_, point, {}, &std::pair<EventNumber, size_t>::first);
  const size_t size = after == ends_.begin() ? 0 : std::prev(after)->second;
  return std::string_view(text_).substr(0, size);
}

std::vector<uint32_t> AckCounts(const Trace& trace) {
  std::vector<uint32_t> counts(trace.event_count() + size_t{1});
  for (const Mark& mark : trace.marks()) {
    if (AckOfProgram(mark)) ++counts[mark.after];
  }
  std::partial_sum(counts.begin(), counts.end(), counts.begin());
  return counts;
}

}  // namespace powercut
