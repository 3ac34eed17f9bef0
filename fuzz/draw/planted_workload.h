// PlantedWorkload makes workloads for the minimizer: the few ops that make a
// bug planted in simfs matter, and random ops around them.

#ifndef POWERCUT_FUZZ_DRAW_PLANTED_WORKLOAD_H_
#define POWERCUT_FUZZ_DRAW_PLANTED_WORKLOAD_H_

#include <cstddef>

#include "fuzz/draw/chooser.h"
#include "fuzz/draw/simfs_bug_scenes.h"
#include "model/pcut/pcut.h"

namespace powercut {

// Returns a workload of the ops of `scene` in their order, mixed with random
// ops on other files: up to `init_ops` of them in `init` and up to `run_ops` in
// `run`. The random ops may hide the bug, for instance by a flush of
// everything. The file asks for power losses and crashes of the operating
// system on simfs, under the profile of the scene. The same choices give the
// same workload. Requires: scene.after_failure is empty.
Pcut PlantedWorkload(Chooser& chooser, const SimfsBugScene& scene,
                     size_t init_ops, size_t run_ops);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_PLANTED_WORKLOAD_H_
