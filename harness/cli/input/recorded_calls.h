// What the verbs ask of the calls of a recorded program (TraceAbout::calls):
// the trace that they make under another profile or without some of them, and
// what a state lost of them.

#ifndef POWERCUT_HARNESS_CLI_INPUT_RECORDED_CALLS_H_
#define POWERCUT_HARNESS_CLI_INPUT_RECORDED_CALLS_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"
#include "harness/block_log/trace_codec.h"
#include "harness/cli/input/comparison.h"
#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/space/state_id.h"

namespace powercut {

// Says, in findings of a program that was recorded on simfs, which calls had
// returned before the crash, and of which calls the shown state lost something.
// Returns false, and changes nothing, if the calls of the trace are not known.
// Errors: those of RecordCalls().
Result<bool> NameByCalls(const RecordedRun& run, const TraceAbout& about,
                         std::span<Finding> findings);

// A rule by which a profile lets a crash take something.
struct LossRule {
  // What is taken, such as `names`.
  std::string what;
  // What would have promised it, with the source.
  std::string rule;
};

// The rules by which the state lost what it lost of the calls of a program.
// Empty if the calls of the trace are not known.
// Errors: those of RecordCalls().
Result<std::vector<LossRule>> RulesOfLoss(const RecordedRun& run,
                                          const TraceAbout& about,
                                          const StateId& id);

// The same as NameByCalls(), and in findings of other programs names the files
// (AddFileNames()). Errors: those of RecordCalls() and of AddFileNames().
Status NameLosses(const RecordedRun& run, const TraceAbout& about,
                  std::span<Finding> findings);

// The moments of the recorded program after each call that changed something,
// and the one at which crashes begin.
// Requires: the trace is that of the calls, under the profile of `about`.
// Errors: kUsage if the calls of the trace are not known; those of
// RecordCalls().
Result<std::vector<RunMoment>> MomentsOf(const Trace& trace,
                                         const TraceAbout& about,
                                         Backend& backend);

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
// Errors: kUsage if the calls of the trace are not known; kBadInput if they
// make no sense.
Result<std::vector<ProgramSync>> SyncsOf(const TraceAbout& about);

// Leaves out the syncs with these texts (`TEXT`), or makes them weaker
// (`TEXT=fdatasync`), in the calls of `about`.
// Errors: as SyncsOf(); kUsage if the program made no such sync, with those
// that it made.
Status WeakenCalls(const std::vector<std::string>& weaken, TraceAbout& about);

// A call of a recorded program.
struct ProgramCall {
  // The number of disk events when it had returned.
  EventNumber after = 0;
  // The text, such as `write /f 0 4 (sh)`. Empty for a line that the program
  // wrote to $POWERCUT_ACKS, which is a mark of the trace.
  std::string text;
};

// The calls of a recorded program, in their order. Empty if they are not known.
// Requires: as for MomentsOf().
// Errors: those of RecordCalls().
Result<std::vector<ProgramCall>> ProgramCallsOf(const Trace& trace,
                                                const TraceAbout& about,
                                                Backend& backend);

// Whether the calls of a trace make it again.
// Errors: kUsage if a fault fell on the disk, which is not in the calls; those
// of RecordCalls().
Status CheckCallsMake(const LoadedTrace& loaded, Backend& backend);

// Makes the trace that the calls of `loaded` would have made under another
// profile. The acks stay where they were.
// Requires: `backend` was made by WithPrograms() for that profile.
// Errors: those of RecordCalls().
Result<Trace> TraceUnder(const std::string& profile, const LoadedTrace& loaded,
                         Backend& backend);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_RECORDED_CALLS_H_
