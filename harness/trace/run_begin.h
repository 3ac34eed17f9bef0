// Where crashes begin in a recording that has no ops: at a mark that the user
// names (`--from MARK`), or at one that the recorded program set itself.

#ifndef POWERCUT_HARNESS_TRACE_RUN_BEGIN_H_
#define POWERCUT_HARNESS_TRACE_RUN_BEGIN_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "harness/base/result.h"
#include "harness/trace/op_history.h"
#include "harness/trace/trace.h"

namespace powercut {

// The line with which a recorded program says, in the file $POWERCUT_ACKS, that
// its set-up is over. It is no ack.
inline constexpr std::string_view kStartLine = "powercut:start";

// Whether a line of $POWERCUT_ACKS is an ack: it does not begin the crashes and
// is no attempt.
bool IsAckLine(std::string_view line);

// The mark that a name given by the user means.
struct NamedMark {
  // Its place in the list of texts.
  size_t index = 0;
  // Which of the marks with its text it is, from 1, and how many there are.
  size_t occurrence = 1;
  size_t occurrences = 1;
};

// Finds a mark among the texts of all marks, in their order. `name` is the text
// of a mark and means the first one that has it. If no mark has this text, a
// name `TEXT#N` means the N-th mark, from 1, whose text is TEXT.
// Errors: kUsage, with the marks that there are, if there is no such mark.
Result<NamedMark> FindMark(std::span<const std::string_view> texts,
                           std::string_view name);

// The texts of marks, as words for a message: each different text once, in the
// order of the first ones. Long texts and long lists are cut.
std::string MarksText(std::span<const std::string_view> texts);

// The acks of a trace, which are the marks that a user may name, and where each
// stands among the marks of the trace.
struct NamableMarks {
  // Valid as long as the trace.
  std::vector<std::string_view> texts;
  std::vector<size_t> places;
};
NamableMarks NamableMarksOf(const Trace& trace);

// Makes crashes begin at the ack that `name` means: its event becomes the kRun
// of the history. What the number of an event in the history is does not
// change, so that ids stay the same. Events before the mark stay in the disk,
// and what no flush has covered may still be lost after the mark.
// Requires: HistoryOf(trace) made the history.
// Errors: kUsage as for FindMark(), or if the recording itself begins its
// crashes after that mark.
Result<NamedMark> BeginRunAt(const Trace& trace, std::string_view name,
                             std::vector<HistoryEvent>& history);

// A copy of the trace in which only the last of its `run` marks is left. Its
// digest is the same. O(data).
Trace WithLastRunMark(const Trace& trace);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_RUN_BEGIN_H_
