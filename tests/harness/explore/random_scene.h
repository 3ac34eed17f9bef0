// A random recording with a synthetic recovery, for tests of how crash spaces
// are explored.

#ifndef POWERCUT_TESTS_HARNESS_EXPLORE_RANDOM_SCENE_H_
#define POWERCUT_TESTS_HARNESS_EXPLORE_RANDOM_SCENE_H_

#include <memory>
#include <utility>

#include "fuzz/draw/reading_backend.h"
#include "fuzz/draw/seen_states.h"
#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {

// A random trace with a backend that reads at random. Its workload has one op,
// which the history does not mention, since only what recoveries show matters.
struct RandomScene {
  explicit RandomScene(uint64_t seed,
                       const RandomTraceShape& shape = {.persist_percent = 15},
                       uint64_t recovery_steps_max = 5)
      : prng(seed), backend(seed, recovery_steps_max) {
    recording = std::make_unique<Recording>(Recording{
        RandomTrace(prng, shape), {{HistoryEvent::kRun, 0, 0, ""}}, {}});
    auto parsed = ParseWorkload("powercut 1\nrun\n  create /f\n", "test.pcut");
    POWERCUT_CHECK(parsed);
    workload = std::move(*parsed);
    setting.profile = FindProfile("spec-strict");
    setting.geometry = recording->trace.geometry();
    setting.atomic_bytes = RandomAtomicBytes(prng);
    setting.crash_kinds = {kCrashKinds.begin(), kCrashKinds.end()};
    space = {.mode = ExplorationSpace::kExhaustive,
             .count = 0,
             .torn = static_cast<uint32_t>(prng.Below(3))};
  }

  RecordedRun seen() { return On(backend); }
  RecordedRun On(Backend& other) {
    return {other, workload, setting, *recording};
  }
  // Whether the space is small enough for brute force.
  bool IsSmall() { return SpaceLog2Of(seen()) < 12; }

  Prng prng;
  ReadingBackend backend;
  std::unique_ptr<Recording> recording;
  Workload workload;
  RunSetting setting;
  ExplorationSpace space;
};

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_EXPLORE_RANDOM_SCENE_H_
