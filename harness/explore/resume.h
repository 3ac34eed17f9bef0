// The runs that `--resume` keeps: in which file, and what they depend on.

#ifndef POWERCUT_HARNESS_EXPLORE_RESUME_H_
#define POWERCUT_HARNESS_EXPLORE_RESUME_H_

#include <memory>

#include "harness/cache/run_journal.h"
#include "harness/explore/explore_options.h"
#include "harness/record/recorded_run.h"

namespace powercut {

// Where the runs of this exploration are kept; null if none are to be. Makes
// the folder.
// Errors: kIo with the path and the system's reason; those of
// RunJournal::Open(): kStale: the runs are of another recording, profile,
// check, or whatever else they depend on.
Result<std::unique_ptr<RunJournal>> OpenKeptRuns(const RecordedRun& run,
                                                 const ExploreOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_RESUME_H_
