// Leaves out calls of a recorded program (TraceAbout::calls), or makes its
// syncs weaker. What the rest makes is for RemakeTrace().

#ifndef POWERCUT_HARNESS_CLI_INPUT_EDITED_CALLS_H_
#define POWERCUT_HARNESS_CLI_INPUT_EDITED_CALLS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "harness/base/result.h"
#include "harness/block_log/trace_codec.h"

namespace powercut {

// Which calls of the recorded program changed something, numbered from 0 among
// all calls, ascending. The others are its syncs, and lines that it wrote to
// $POWERCUT_ACKS.
// Errors: kUsage if the calls of the trace are not known; kBadInput if they
// make no sense.
Result<std::vector<size_t>> ChangingCallsOf(const TraceAbout& about);

// Leaves out the changing calls that are not among these, which ascend. Returns
// how many calls are left.
// Errors: as ChangingCallsOf().
Result<size_t> KeepChanges(const std::vector<size_t>& kept, TraceAbout& about);

// A sync that a recorded program made, once or often: its calls have one text.
struct ProgramSync {
  // The text, such as `fsync /t.db (sqlite3)`, which --weaken takes.
  std::string text;
  size_t calls = 0;
  // The next weaker call, `fdatasync`. Empty if only nothing is weaker.
  std::string weaker;
};

// The syncs of the recorded program, in the order of their first calls.
// Errors: as ChangingCallsOf().
Result<std::vector<ProgramSync>> SyncsOf(const TraceAbout& about);

// Leaves out the syncs with these texts (`TEXT`), or makes them weaker
// (`TEXT=fdatasync`), in the calls of `about`.
// Errors: as SyncsOf(); kUsage if the program made no such sync, with those
// that it made.
Status WeakenCalls(const std::vector<std::string>& weaken, TraceAbout& about);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_EDITED_CALLS_H_
