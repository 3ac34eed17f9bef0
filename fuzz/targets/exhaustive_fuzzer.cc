// Compares the space `exhaustive` with brute force. The bytes choose a trace, a
// recovery at random (fuzz/draw/reading_backend.h, parted_backend.h) and how to
// explore. Explore() must see exactly the outcomes that running every state
// shows, for each crash kind and point, and must not notice any contradiction.
// Where copied blocks or parts vary one by one, it may see fewer outcomes, but
// none that brute force does not see, and of each part all that there is.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "fuzz/draw/chooser.h"
#include "fuzz/draw/chosen_trace.h"
#include "fuzz/draw/part_views.h"
#include "fuzz/draw/parted_backend.h"
#include "fuzz/draw/reading_backend.h"
#include "fuzz/draw/seen_states.h"
#include "harness/base/check.h"
#include "model/pcut/pcut.h"

namespace powercut {
namespace {

constexpr uint64_t kEventsMax = 10;
constexpr double kSpaceLog2Max = 9;

[[noreturn]] void Stop(const char* why, const SeenExploration& explored,
                       const SeenStates& all) {
  std::fprintf(stderr, "%s: %zu seen, %zu by brute force; bound '%s'\n", why,
               explored.seen.seen.size(), all.seen.size(),
               explored.exploration.bound.c_str());
  std::abort();
}

// A small cache drops runs, so that states run again; `doublecheck` runs what
// the cache answers.
ExploreOptions ChosenOptions(Chooser& chooser) {
  ExploreOptions options;
  options.jobs = 0;
  options.space = {.mode = ExplorationSpace::kExhaustive,
                   .count = 1,
                   .torn = static_cast<uint32_t>(chooser.Below(3))};
  options.copied = static_cast<CopyMode>(chooser.Below(3));
  if (chooser.OneIn(2)) options.cache_bytes = chooser.Below(1 << 14);
  if (chooser.OneIn(3)) options.doublecheck = 1;
  return options;
}

// Explore() needs a workload to judge by. Its verdicts are not looked at, since
// only what is seen matters.
const Workload& AnyWorkload() {
  static const Workload workload =
      ParseWorkload("powercut 1\nrun\n  create /f\n", "any.pcut").value();
  return workload;
}

// Gives each of the three files of a PartedBackend its parts.
const Workload& PartedWorkload() {
  static const Workload workload =
      ParseWorkload(PartedBackend::kWorkload, "parted.pcut").value();
  return workload;
}

// Checks what an exploration saw of each part that it varied by itself.
void CheckParts(const RecordedRun& scene, const SeenExploration& explored,
                const SeenStates& all) {
  const IndependentParts parts(scene.profile(), scene.workload);
  if (ViewsOf(explored.seen, parts) != ViewsOf(all, parts)) {
    Stop("other views of the parts", explored, all);
  }
}

void Fuzz(ByteSpan bytes) {
  BytesChooser chooser(bytes);
  ExploreOptions options = ChosenOptions(chooser);
  RunSetting setting;
  setting.profile = FindProfile("spec-strict");
  setting.atomic_bytes = 512u << chooser.Below(3);
  setting.crash_kinds = {kCrashKinds.begin(), kCrashKinds.end()};
  ReadingBackend reading(chooser.Below(1 << 16));
  PartedBackend parted(chooser.Below(1 << 16));
  const bool has_parts = chooser.OneIn(2);
  options.parts_apart = has_parts && !chooser.OneIn(4);
  Backend& backend = has_parts ? static_cast<Backend&>(parted) : reading;
  const Recording recording = {
      ChosenTrace(chooser, kEventsMax), {{HistoryEvent::kRun, 0, 0, ""}}, {}};
  setting.geometry = recording.trace.geometry();
  const RecordedRun scene = {backend,
                             has_parts ? PartedWorkload() : AnyWorkload(),
                             setting, recording};
  // Brute force must stay cheap.
  if (SpaceLog2Of(scene) > kSpaceLog2Max) return;
  const SeenStates all = SeenByBruteForce(scene, options.space);
  const SeenExploration explored = SeenByExplore(scene, options);
  if (!explored.exploration.exhausted) Stop("not exhausted", explored, all);
  const auto& seen = explored.seen.seen;
  const bool each = explored.exploration.copied == CopyMode::kVaryEach;
  if (!each && explored.exploration.parts_apart == 0) {
    if (seen != all.seen) Stop("another set", explored, all);
    return;
  }
  if (!each) CheckParts(scene, explored, all);
  if (!std::includes(all.seen.begin(), all.seen.end(), seen.begin(),
                     seen.end())) {
    Stop("more than there is", explored, all);
  }
}

}  // namespace
}  // namespace powercut

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  powercut::Fuzz(std::as_bytes(std::span(data, size)));
  return 0;
}
