// Acks as marks of a trace. An ack is a line that a recorded program wrote to
// its ack file, to say what it may rely on from then on.
//
//   powercut:ack TEXT      the program wrote the line TEXT
//
// A mark that does not begin with `powercut:` is an ack, too, with its whole
// text: other recorders have marks of this one kind only. docs/trace_file.md 4
// lists all marks.

#ifndef POWERCUT_HARNESS_TRACE_ACKS_H_
#define POWERCUT_HARNESS_TRACE_ACKS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/trace/trace.h"

namespace powercut {

// The mark for a line, which has no line break at its end.
std::string AckMark(std::string_view line);

// The line of an ack, or `std::nullopt` if the mark is no ack. The result is
// valid as long as the mark. The mark with which the kernel ends a log counts
// as an ack here.
std::optional<std::string_view> AckOf(const Mark& mark);

// Names the acks of a trace together with their places among the events. The
// mark with which the kernel ends a log is left out, as in AcksUpTo().
Hash128 HashOfAcks(const Trace& trace);

// The acks that were written up to the point: before event `point` + 1. They
// are in the order of the trace, and valid as long as it. The mark with which
// the kernel ends a log is left out. O(marks).
std::vector<std::string_view> AcksUpTo(const Trace& trace, EventNumber point);

// The acks of a trace as one text, each with a line break, so that what
// AcksUpTo() has at a point is the beginning of it.
class AckText {
 public:
  // O(marks).
  explicit AckText(const Trace& trace);

  // Valid as long as this object. O(log(acks)).
  std::string_view UpTo(EventNumber point) const;

 private:
  std::string text_;
  // By ack: its place among the events, and the size of the text with it.
  std::vector<std::pair<EventNumber, size_t>> ends_;
};

// How many acks AcksUpTo() has at each point, from point 0 to the last event.
// O(marks + events).
std::vector<uint32_t> AckCounts(const Trace& trace);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_ACKS_H_
