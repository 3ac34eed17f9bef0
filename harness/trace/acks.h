// Acks and attempts as marks of a trace. An ack is a line that a recorded
// program wrote to its ack file, to say what it may rely on from then on. An
// attempt is such a line, too. It says what the program was about to do, so
// that this may be there after a crash.
//
//   powercut:ack TEXT                     the program wrote the line TEXT
//   powercut:ack powercut:attempt TEXT    the program attempted TEXT
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

// The beginning of the line with which a recorded program says, in the file
// $POWERCUT_ACKS, what it attempts.
inline constexpr std::string_view kAttemptLine = "powercut:attempt ";

// The mark for a line, an ack or an attempt, which has no line break at its
// end.
std::string LineMark(std::string_view line);

// The line of an ack, or `std::nullopt` if the mark is no ack. The result is
// valid as long as the mark. The mark with which the kernel ends a log counts
// as an ack here.
std::optional<std::string_view> AckOf(const Mark& mark);

// What was attempted: the rest of the line after kAttemptLine; `std::nullopt`
// if the mark is no attempt. The result is valid as long as the mark.
std::optional<std::string_view> AttemptOf(const Mark& mark);

// Names the acks and attempts of a trace together with their places among the
// events. The mark with which the kernel ends a log is left out, as in
// AcksUpTo().
Hash128 HashOfLines(const Trace& trace);

// The acks that were written up to the point: before event `point` + 1. They
// are in the order of the trace, and valid as long as it. The mark with which
// the kernel ends a log is left out. O(marks).
std::vector<std::string_view> AcksUpTo(const Trace& trace, EventNumber point);

// The attempts of which something may be there at the point, as AcksUpTo() has
// the acks. What was attempted after the last ack of the point has issued no
// event yet, so that it counts from the next event on: a crash between the ack
// and the attempt leaves the same disk, and admits less. `point` may be the
// number of events and 1 more, where every attempt counts.
std::vector<std::string_view> AttemptsUpTo(const Trace& trace,
                                           EventNumber point);

// Which lines of a program are meant.
enum class ProgramLine : uint8_t { kAck, kAttempt };

// The acks of a trace, or its attempts, as one text, each with a line break, so
// that what AcksUpTo() or AttemptsUpTo() has at a point is the beginning of it.
class LineText {
 public:
  // O(marks).
  LineText(const Trace& trace, ProgramLine line);

  // Valid as long as this object. O(log(lines)).
  std::string_view UpTo(EventNumber point) const;

 private:
  std::string text_;
  // By line: the point from which on it counts, and the size of the text with
  // it.
  std::vector<std::pair<EventNumber, size_t>> ends_;
};

// How many lines AcksUpTo() and AttemptsUpTo() have together at each point,
// from point 0 to the last event. O(marks + events).
std::vector<uint32_t> LineCounts(const Trace& trace);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_ACKS_H_
