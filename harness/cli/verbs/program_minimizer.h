// MinimizeProgram: shrinks the recording of a program to the calls that a
// failure needs.

#ifndef POWERCUT_HARNESS_CLI_VERBS_PROGRAM_MINIMIZER_H_
#define POWERCUT_HARNESS_CLI_VERBS_PROGRAM_MINIMIZER_H_

#include <cstddef>
#include <functional>
#include <string>

#include "harness/base/result.h"
#include "harness/cli/input/opened_input.h"
#include "harness/explore/explore.h"
#include "harness/judge/finding.h"

namespace powercut {

struct MinimizedProgram {
  LoadedTrace trace;
  // The finding with the cause, in the new trace.
  Finding finding;
  size_t calls = 0;
  size_t calls_before = 0;
  // How many recordings were tried.
  size_t tried = 0;
  // Whether `stopping` ended it early.
  bool interrupted = false;
};

// Leaves out calls that changed something, as long as the cause is found in the
// rest of the recorded program: `cause`, or the first one by name if that is
// empty. What is left is a run that simfs takes, and where the cause needs
// something to be lost, it still does.
// Requires: `input` is the trace of a program that was recorded on simfs.
// Errors: kUsage if no such cause is found; those of Explore().
Result<MinimizedProgram> MinimizeProgram(OpenedInput& input,
                                         const std::string& cause,
                                         const ExploreOptions& options,
                                         const std::function<bool()>& stopping);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_PROGRAM_MINIMIZER_H_
