// For each bug that can be planted in simfs the shortest ops around it that
// make it matter.

#ifndef POWERCUT_FUZZ_DRAW_SIMFS_BUG_SCENES_H_
#define POWERCUT_FUZZ_DRAW_SIMFS_BUG_SCENES_H_

#include <string>
#include <vector>

#include "backends/simfs/simfs_bugs.h"

namespace powercut {

// Ops as `.pcut` text, one a line. They use the names /f, /g, /d, H and V, and
// raw sectors.
struct SimfsBugScene {
  SimfsBug bug = SimfsBug::kFsyncSkipsData;
  std::string profile;
  std::string init;
  std::string run;
  // Behind an fsync that fails; mostly empty.
  std::string after_failure;
};

// One for each bug, in the order of SimfsBug.
const std::vector<SimfsBugScene>& SimfsBugScenes();

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_SIMFS_BUG_SCENES_H_
