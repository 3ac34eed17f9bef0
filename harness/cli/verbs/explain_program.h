// What `explain` prints for a crash state of a recorded program.

#ifndef POWERCUT_HARNESS_CLI_VERBS_EXPLAIN_PROGRAM_H_
#define POWERCUT_HARNESS_CLI_VERBS_EXPLAIN_PROGRAM_H_

#include <cstdint>
#include <string>

#include "harness/base/result.h"
#include "harness/cli/exit_status.h"
#include "harness/cli/input/opened_input.h"
#include "harness/space/state_id.h"

namespace powercut {

// Prints how many of the open blocks of a crash point a state lost, and how
// many of these are torn: the line before the losses of every explanation.
void PrintLostCount(uint64_t lost, uint64_t open, uint64_t torn);

// Explains the state and prints it. `replay_flags` are the flags that `replay`
// needs to run under the same setting, as ReplayFlagsText() has them.
// Requires: the input is a trace that is judged by what recovery shows and by a
// check.
// Errors: those of ExplainTrace() and of ShrinkState().
Result<ExitStatus> ExplainProgram(const OpenedInput& input,
                                  const Recording& recording, const StateId& id,
                                  const std::string& replay_flags);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_EXPLAIN_PROGRAM_H_
