// Programs on simfs, for the verbs: which backend runs them, and under which
// profiles.

#ifndef POWERCUT_HARNESS_CLI_INPUT_PROGRAMS_H_
#define POWERCUT_HARNESS_CLI_INPUT_PROGRAMS_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/backend.h"
#include "harness/base/result.h"

namespace powercut {

// If `backend` is simfs, returns one in which programs can run and which
// behaves as `profile` (empty means its default); any other backend is returned
// as it is.
// Errors: kUsage if simfs does not behave as that profile; kMissing if this
// powercut was built without libfuse.
Result<std::unique_ptr<Backend>> WithPrograms(std::unique_ptr<Backend> backend,
                                              const std::string& profile);

// Has calls of the programs that are recorded from now on fail, as the values
// of --fail say: `sync`, `write`, `full`, `short` or `lie`, with `,after=N` and
// `,count=N`.
// Errors: kUsage for a value of another form, for one failure planned twice,
// and if the backend is none of WithPrograms().
Status PlanFailures(const std::vector<std::string>& texts, Backend& backend);

// The calls of the program that was recorded last, for TraceAbout::calls. Empty
// if the backend keeps none.
std::string CallsTextOf(const Backend& backend);

// How many planned failures have failed no call of the program that was
// recorded last.
size_t UnfiredFailures(const Backend& backend);

// Tells a backend of WithPrograms() the calls of a trace (TraceAbout::calls).
// Does nothing for other backends and for a trace without calls.
// Errors: kBadInput if the calls make no sense.
Status TellCalls(const std::string& calls, Backend& backend);

// Returns what keeps this machine from running programs on simfs, with the
// remedy. Empty if nothing does.
std::string ProgramsLack();

// Profiles that simfs behaves as: names with commas between them; `all`; or
// `linux` for those of file systems and standards that programs for Linux meet.
// Errors: kUsage for a name that is none of them, or that comes twice.
Result<std::vector<std::string>> ParseProfiles(const std::string& text);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_INPUT_PROGRAMS_H_
