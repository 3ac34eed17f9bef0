// Acks: lines that a recorded program wrote to say what it was promised, as
// marks of a trace.
//
//   powercut:ack TEXT      the program wrote the line TEXT
//
// Marks that are not ours are acks, too: other recorders know no others.

#ifndef POWERCUT_HARNESS_TRACE_ACKS_H_
#define POWERCUT_HARNESS_TRACE_ACKS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/trace/trace.h"

namespace powercut {

std::string AckMark(std::string_view line);

// The line, if the mark is an ack; valid as long as the mark.
std::optional<std::string_view> AckOf(const Mark& mark);

// Of all of them with their places; equal if and only if those are.
Hash128 HashOfAcks(const Trace& trace);

// Those in front of event `point` + 1, in order. O(marks).
// The mark that ends a log of the kernel's is none.
std::vector<std::string_view> AcksUpTo(const Trace& trace, EventNumber point);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_ACKS_H_
