// DrawWorkload: what a report keeps of an exploration so that it can be drawn.

#ifndef POWERCUT_HARNESS_CLI_VERBS_DRAWN_WORKLOAD_H_
#define POWERCUT_HARNESS_CLI_VERBS_DRAWN_WORKLOAD_H_

#include <string>

#include "harness/cli/input/opened_input.h"
#include "harness/cli/report/timeline.h"
#include "harness/explore/exploration.h"
#include "harness/recover/recovery_runner.h"

namespace powercut {

// Returns the timeline of the recording, and sets Finding::shown of the
// findings. The states of an interrupted exploration are not recovered again,
// so that an interrupt does not wait for them. What was found stands without
// all this: a failure is a note on standard error, which names `file`.
Timeline DrawWorkload(const std::string& file, const OpenedInput& input,
                      const Recording& recording, const RunOptions& options,
                      Exploration& exploration);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_VERBS_DRAWN_WORKLOAD_H_
