// What the tests of minimizing share: a workload is recorded and minimized on
// one backend in this process, and a state of it is replayed.

#ifndef POWERCUT_TESTS_HARNESS_MINIMIZE_MINIMIZE_SCENE_H_
#define POWERCUT_TESTS_HARNESS_MINIMIZE_MINIMIZE_SCENE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/planted_workload.h"
#include "harness/explain/replay.h"
#include "harness/minimize/minimize.h"

namespace powercut {

inline constexpr ExplorationSpace kNear{ExplorationSpace::kEpoch, /*count=*/1,
                                        /*torn=*/0};

struct Recorded {
  Workload workload;
  RunSetting setting;
  Recording recording;
};

inline Result<Recorded> RecordPcut(Backend& backend, const Pcut& pcut) {
  POWERCUT_ASSIGN(Workload workload,
                  ParseWorkload(PrintPcut(pcut), "test.pcut"));
  POWERCUT_ASSIGN(RunSetting setting, ResolveSetting(workload, backend, {}));
  POWERCUT_ASSIGN(Recording recording, Record(backend, workload, setting));
  return Recorded{std::move(workload), std::move(setting),
                  std::move(recording)};
}

// Explores a space in this process: there are hundreds of small explorations,
// and forks of a sanitized process are slow.
inline MinimizeOptions In(const ExplorationSpace& space) {
  MinimizeOptions options;
  options.explore.space = space;
  options.explore.jobs = 0;
  return options;
}

inline Result<Minimized> MinimizePcut(Backend& backend, const Pcut& pcut,
                                      const MinimizeOptions& options) {
  POWERCUT_ASSIGN(const Workload workload,
                  ParseWorkload(PrintPcut(pcut), "given.pcut"));
  POWERCUT_ASSIGN(const RunSetting setting,
                  ResolveSetting(workload, backend, {}));
  return Minimize(backend, pcut, "given.pcut", setting, options);
}

inline Pcut MustParsePcut(const std::string& text) {
  auto pcut = ParsePcut(text, "given.pcut");
  EXPECT_TRUE(pcut) << (pcut ? "" : pcut.error().message);
  return pcut ? *pcut : Pcut{};
}

inline const SimfsBugScene& SceneOf(SimfsBug bug) {
  return SimfsBugScenes()[static_cast<size_t>(bug)];
}

// The violations of a state, by its id.
inline std::vector<Violation> ViolationsAt(Backend& backend,
                                           const Recorded& recorded,
                                           const StateId& id) {
  std::vector<Violation> violations;
  const auto replayed =
      Replay({backend, recorded.workload, recorded.setting, recorded.recording},
             id, {});
  EXPECT_TRUE(replayed) << (replayed ? "" : replayed.error().message);
  if (!replayed) return violations;
  for (const Finding& finding : replayed->findings) {
    violations.push_back(finding.violation);
  }
  return violations;
}

inline bool Shows(const std::vector<Violation>& violations,
                  const Violation& wanted) {
  return std::any_of(violations.begin(), violations.end(),
                     [&](const Violation& v) {
                       return v.cause == wanted.cause && v.path == wanted.path;
                     });
}

inline constexpr const char* kTwoCauses = R"(powercut 1
# why it is here
name    two files, two flushes
backend simfs
profile linux-man
crash   power
init
  # a note that goes
  create /f
  create /g
run
  append /f 700  # stays
  fsync  /f

  append /g 10
  fsync  /g
  append /g 5
)";

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_MINIMIZE_MINIMIZE_SCENE_H_
