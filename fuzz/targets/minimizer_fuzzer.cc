// Compares the minimizer with brute force. The bytes choose a bug planted in
// simfs, and a workload around the ops that make the bug matter. The workload
// that the minimizer leaves must show the cause that it was asked to keep. No
// workload with one op less may show this cause. If at most six ops are left,
// no subset of them may show it.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "fuzz/draw/chooser.h"
#include "fuzz/draw/fewer_ops.h"
#include "fuzz/draw/planted_workload.h"
#include "harness/base/check.h"
#include "harness/minimize/minimize.h"

namespace powercut {
namespace {

[[noreturn]] void Stop(const Pcut& given, const Pcut& left,
                       const std::string& why) {
  std::fprintf(stderr, "%s\ngiven:\n%s\nleft:\n%s", why.c_str(),
               PrintPcut(given).c_str(), PrintPcut(left).c_str());
  std::abort();
}

// The scenes that need no failing storage.
std::vector<SimfsBugScene> Scenes() {
  std::vector<SimfsBugScene> scenes;
  for (const SimfsBugScene& scene : SimfsBugScenes()) {
    if (scene.after_failure.empty()) scenes.push_back(scene);
  }
  return scenes;
}

void Fuzz(ByteSpan bytes) {
  static const std::vector<SimfsBugScene> scenes = Scenes();
  constexpr size_t kOpsOfSubsetsMax = 6;
  BytesChooser chooser(bytes);
  const SimfsBugScene& scene = scenes[chooser.Below(scenes.size())];
  const ExplorationSpace space{
      chooser.OneIn(3) ? ExplorationSpace::kEpoch : ExplorationSpace::kPrefix,
      /*count=*/1, /*torn=*/0};
  const size_t init_ops = chooser.Below(4);
  const size_t run_ops = chooser.Below(8);
  const Pcut given = PlantedWorkload(chooser, scene, init_ops, run_ops);
  const auto backend = MakeSimfsBackend(SimfsBugs{scene.bug});
  const auto workload = ParseWorkload(PrintPcut(given), "given.pcut");
  POWERCUT_CHECK(workload);
  const auto setting = ResolveSetting(*workload, *backend, {});
  POWERCUT_CHECK(setting);
  // The bug may make an op fail or spoil the live tree. There is nothing to
  // minimize then.
  if (!Record(*backend, *workload, *setting)) return;
  MinimizeOptions options;
  options.explore.space = space;
  options.explore.jobs = 0;
  const auto minimized =
      Minimize(*backend, given, "given.pcut", *setting, options);
  // kBadInput says that the workload shows no cause: the random ops hid the
  // bug.
  if (!minimized) {
    if (minimized.error().code == ErrorCode::kBadInput) return;
    Stop(given, {}, minimized.error().message);
  }
  const std::string& cause = minimized->finding.violation.cause;
  const Pcut& left = minimized->pcut;
  const auto shown = CausesShown(*backend, left, space);
  if (!shown || !shown->contains(cause)) {
    Stop(given, left, "the cause is lost: " + cause);
  }
  if (OneOpLess(*backend, left, cause, space)) {
    Stop(given, left, "one op less shows " + cause);
  }
  if (minimized->ops <= kOpsOfSubsetsMax &&
      FewestOps(*backend, left, cause, space) < minimized->ops) {
    Stop(given, left, "fewer ops show " + cause);
  }
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  powercut::Fuzz(std::as_bytes(std::span(data, size)));
  return 0;
}
