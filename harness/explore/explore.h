// Explore: all crash points of a recorded run, judged. This is the middle of
// the pipeline (docs/architecture.md).

#ifndef POWERCUT_HARNESS_EXPLORE_EXPLORE_H_
#define POWERCUT_HARNESS_EXPLORE_EXPLORE_H_

#include "harness/base/result.h"
#include "harness/explore/exploration.h"
#include "harness/explore/explore_options.h"
#include "harness/record/recorded_run.h"

namespace powercut {

// How much a crash of a recording can leave.
struct SpaceSize {
  // log2 of the number of states of all crash points and kinds.
  double log2 = 0;
  // How many crash points have an open block, for any of the kinds.
  uint64_t open_points = 0;
};
SpaceSize SizeOfSpace(const Recording& recording, const RunSetting& setting);

// Explores every crash point from the `run` mark to the end of the trace, for
// each crash kind of the setting: the prefixes of all points first, then the
// other states of the space. Checks the flush obligations of the trace, too.
//
// A state runs unless an earlier run decides it: one that read the same from
// its disk (harness/cache/observation_cache.h). With the space `exhaustive`,
// states that no run tells apart are visited as one, with the undecided blocks
// at their newest version. Each visited state is judged with the acks of its
// own point. Every finding was confirmed alone in a fresh worker. A finding
// that was not confirmed is of kind `nondeterministic`, and so is storage that
// does not do the same where it reads the same; then the space does not count
// as exhausted.
//
// Deterministic but for the budget and an interrupt: the same run and options
// give the same result for any number of jobs, resumed or not.
// Errors: kIo, kStale: the folder `resume` cannot be used, see RunJournal;
// kMissing: a recovery could not be run.
Result<Exploration> Explore(const RecordedRun& run,
                            const ExploreOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_EXPLORE_H_
