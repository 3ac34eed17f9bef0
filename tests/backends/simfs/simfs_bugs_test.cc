// Every planted bug of simfs changes something that can be seen: a state that a
// crash can leave, or what an op returns. Each bug has a scene of its own,
// which is run once without and once with the bug.

#include "backends/simfs/simfs_bugs.h"

#include <gtest/gtest.h>

#include "fuzz/draw/simfs_bug_scenes.h"
#include "tests/backends/simfs/simfs_scene.h"

namespace powercut {
namespace {

std::string Seen(const SimfsBugScene& bug_scene, const SimfsBugs& bugs) {
  SimfsScene scene(bug_scene.profile, bugs);
  scene.lenient = true;
  if (!bug_scene.init.empty()) scene.Run(bug_scene.init);
  scene.Init("");
  scene.Run(bug_scene.run);
  if (!bug_scene.after_failure.empty()) {
    scene.FailNext(1).Run("fsync /f").Run(bug_scene.after_failure);
  }
  std::string seen = scene.results + "\n";
  for (const CrashKind kind : kCrashKinds) {
    seen += CrashKindName(kind);
    seen += '\n';
    for (const std::string& words : scene.After(kind, {true, true})) {
      seen += words + "\n";
    }
  }
  return seen;
}

TEST(SimfsBugs, EachIsPlantedOnce) {
  std::set<SimfsBug> bugs;
  for (const SimfsBugScene& scene : SimfsBugScenes()) bugs.insert(scene.bug);
  EXPECT_EQ(bugs.size(), kSimfsBugCount);
}

TEST(SimfsBugs, EachChangesWhatIsSeen) {
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    EXPECT_NE(Seen(scene, {}), Seen(scene, {scene.bug}))
        << "bug " << static_cast<int>(scene.bug) << ", " << scene.run;
  }
}

}  // namespace
}  // namespace powercut
