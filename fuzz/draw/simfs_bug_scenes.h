// SimfsBugScenes holds, for each bug that can be planted in simfs, a few ops
// that make the bug matter.

#ifndef POWERCUT_FUZZ_DRAW_SIMFS_BUG_SCENES_H_
#define POWERCUT_FUZZ_DRAW_SIMFS_BUG_SCENES_H_

#include <string>
#include <vector>

#include "backends/simfs/simfs_bugs.h"

namespace powercut {

// Ops are `.pcut` text, one on each line. They use the files /f and /g, the
// directory /d, the handle H, the view V, and raw sectors.
struct SimfsBugScene {
  SimfsBug bug = SimfsBug::kFsyncSkipsData;
  // The profile under which the bug matters.
  std::string profile;
  // The ops of `init` and of `run`.
  std::string init;
  std::string run;
  // Ops that come after `run` and an `fsync /f` that the storage failed. Empty
  // for bugs that matter with no such failure.
  std::string after_failure;
};

// One scene for each bug, in the order of SimfsBug.
const std::vector<SimfsBugScene>& SimfsBugScenes();

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_SIMFS_BUG_SCENES_H_
