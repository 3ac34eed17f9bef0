// Programs on simfs, for the verbs: which backend runs them, and the calls of a
// recorded program.

#ifndef POWERCUT_HARNESS_CLI_INPUT_PROGRAMS_H_
#define POWERCUT_HARNESS_CLI_INPUT_PROGRAMS_H_

#include <memory>
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

// If `backend` is simfs, returns one in which programs can run and which
// behaves as `profile` (empty means its default); any other backend is returned
// as it is.
// Errors: kUsage if simfs does not behave as that profile; kMissing if this
// powercut was built without libfuse.
Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string& profile);

// The calls of the program that was recorded last, for TraceAbout::calls. Empty
// if the backend keeps none.
std::string CallsTextOf(const Backend& backend);

// Tells a backend of WithPrograms() the calls of a trace (TraceAbout::calls).
// Does nothing for other backends and for a trace without calls.
// Errors: kBadInput if the calls make no sense.
Status TellCalls(const std::string& calls, Backend& backend);

// Has what programs change after a crash reach the disk, so that crashes of
// their recoveries can be explored. Does nothing for other backends.
void LetRecoveriesPersist(Backend& backend);

// Returns what keeps this machine from running programs on simfs, with the
// remedy. Empty if nothing does.
std::string ProgramsLack();

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

// Profiles that simfs behaves as: names with commas between them; `all`; or
// `linux` for those of file systems and standards that programs for Linux meet.
// Errors: kUsage for a name that is none of them, or that comes twice.
Result<std::vector<std::string>> ParseProfiles(const std::string& text);

// The moments of the recorded program after each call that changed something,
// and the one at which crashes begin.
// Requires: the trace is that of the calls, under the profile of `about`.
// Errors: kUsage if the calls of the trace are not known; those of
// RecordCalls().
Result<std::vector<RunMoment>> MomentsOf(const Trace& trace,
                                         const TraceAbout& about,
                                         Backend& backend);

// How many calls the recorded program made.
// Errors: kUsage if the calls of the trace are not known; kBadInput if they
// make no sense.
Result<size_t> CallCountOf(const TraceAbout& about);

// Leaves out all calls but these, which are numbered from 0 and ascend.
// Errors: as CallCountOf().
Status KeepCalls(const std::vector<size_t>& kept, TraceAbout& about);

// A sync that a recorded program made, once or often: its calls have one text.
struct ProgramSync {
  // Such as `fsync /t.db (sqlite3)`, which --weaken takes.
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
  // Such as `write /f 0 4 (sh)`. Empty for a line that the program wrote to
  // $POWERCUT_ACKS, which is a mark of the trace.
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

#endif  // POWERCUT_HARNESS_CLI_INPUT_PROGRAMS_H_
