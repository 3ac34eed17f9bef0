// PartsApart(): which parts of the observation an exploration varies one at a
// time.

#ifndef POWERCUT_HARNESS_EXPLORE_PARTS_APART_H_
#define POWERCUT_HARNESS_EXPLORE_PARTS_APART_H_

#include <memory>

#include "harness/explore/explore_options.h"
#include "harness/record/recorded_run.h"
#include "model/files/independent_parts.h"

namespace powercut {

// `nullptr` if no two parts are independent, if the storage does not say for
// which part it reads, if something looks at several parts at once
// (ExploreOptions::parts_apart), or if the option or the space says that parts
// are not explored apart.
// Requires: the trace was studied (Backend::StudyTrace()).
// Cost: that of running the workload through a model.
std::shared_ptr<const IndependentParts> PartsApart(
    const RecordedRun& run, const ExploreOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_PARTS_APART_H_
