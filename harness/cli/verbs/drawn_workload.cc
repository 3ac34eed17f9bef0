// Draws what a report keeps of one workload. What cannot be found out is a
// note, since hours of exploring must not be lost for a drawing.

#include "harness/cli/verbs/drawn_workload.h"

#include <cstdio>
#include <vector>

#include "harness/cli/input/recorded_calls.h"
#include "harness/explain/shown_states.h"

namespace powercut {

Timeline DrawWorkload(const std::string& file, const OpenedInput& input,
                      const Recording& recording, const RunOptions& options,
                      Exploration& exploration) {
  const RecordedRun run = RunOf(input, recording);
  if (!exploration.interrupted) {
    const Status shown = ShowStates(run, options, exploration.findings);
    if (!shown) {
      std::fprintf(stderr,
                   "powercut: %s: note: what states lost is not drawn: %s\n",
                   file.c_str(), shown.error().message.c_str());
    }
  }
  if (!input.calls) return TimelineOf(run, {});
  return TimelineOf(run, ProgramCallsOf(*input.calls));
}

}  // namespace powercut
