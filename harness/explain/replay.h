// Replay: one state of a recording again, by its id.

#ifndef POWERCUT_HARNESS_EXPLAIN_REPLAY_H_
#define POWERCUT_HARNESS_EXPLAIN_REPLAY_H_

#include <cstdint>
#include <vector>

#include "harness/explore/explore.h"
#include "harness/judge/finding.h"
#include "harness/record/recording.h"

namespace powercut {

// One state, run alone and judged; what `replay` does.
struct ReplayedState {
  std::vector<Finding> findings;  // the first of each cause, by path
  uint64_t repeated = 0;          // violations of causes already there
  RecoveryOutcome outcome;
  CrashState state;
  size_t history = 0;  // how much of the history had happened
};

// Errors: kStale: the id's digest is another recording's; kUsage: the id names
// no state of it.
Result<ReplayedState> Replay(Backend& backend, const Workload& workload,
                             const RunSetting& setting,
                             const Recording& recording, const StateId& id,
                             const ExploreOptions& options);

// A check that fails on what the program left, with no crash at all, says
// nothing of crashes.
// Errors: kUsage: it does, with what it said.
Status CheckHoldsAtTheEnd(Backend& backend, const RunSetting& setting,
                          const Recording& recording,
                          const ExploreOptions& options);

// The image of a state. Errors: as Replay().
Result<SparseImage> ImageOf(Backend& backend, const Workload& workload,
                            const RunSetting& setting,
                            const Recording& recording, const StateId& id,
                            const ExploreOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_REPLAY_H_
