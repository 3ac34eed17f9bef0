// Workloads for the minimizer: a bug planted in simfs, the few ops that make it
// matter, and others around them.

#ifndef POWERCUT_FUZZ_DRAW_PLANTED_WORKLOAD_H_
#define POWERCUT_FUZZ_DRAW_PLANTED_WORKLOAD_H_

#include <cstddef>

#include "fuzz/draw/chooser.h"
#include "fuzz/draw/simfs_bug_scenes.h"
#include "model/pcut/pcut.h"

namespace powercut {

// The ops of the scene in their order, mixed with random ops on other files:
// up to `init_ops` in `init` and `run_ops` in `run`. Those may hide the bug,
// such as by a flush of everything. The file explores power crashes of
// simfs, and of the operating system, too, under the profile of the scene.
// Requires: scene.after_failure is empty.
Pcut PlantedWorkload(Chooser& chooser, const SimfsBugScene& scene,
                     size_t init_ops, size_t run_ops);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_PLANTED_WORKLOAD_H_
