// Opens the file in which `--resume` keeps finished runs.

#ifndef POWERCUT_HARNESS_EXPLORE_RESUME_H_
#define POWERCUT_HARNESS_EXPLORE_RESUME_H_

#include <memory>

#include "harness/cache/run_journal.h"
#include "harness/explore/explore_options.h"
#include "harness/record/recorded_run.h"

namespace powercut {

// Opens the journal of this exploration in the folder `options.resume`, which
// is made if it is not there. Returns `nullptr` if that option is empty.
// Errors: kIo with the path and the system's reason; the errors of
// RunJournal::Open(), such as kStale if the runs are those of another
// recording, storage, profile, block size, probe, check or set of acks.
Result<std::unique_ptr<RunJournal>> OpenKeptRuns(const RecordedRun& run,
                                                 const ExploreOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_RESUME_H_
