// Brute force beside Explore(). Both name an outcome by the hash of its bytes,
// since they number outcomes in different orders, and note for which crash kind
// and point it was seen. Brute force shares the enumeration of states and the
// recovery with Explore(). It uses no tree, no cache, no copied data and no
// workers.

#include "fuzz/draw/seen_states.h"

#include <cmath>
#include <map>
#include <unordered_map>
#include <utility>

#include "harness/judge/judge.h"
#include "harness/recover/crash_disk.h"
#include "harness/recover/recovery.h"
#include "harness/space/crash_image.h"
#include "harness/space/enumerate.h"
#include "harness/space/explored_points.h"

namespace powercut {
namespace {

// More requests than any recovery needs: the bound ends one that runs away.
constexpr uint64_t kRequestsMax = 1'000'000;

}  // namespace

SeenStates SeenByBruteForce(const RecordedRun& scene,
                            const ExplorationSpace& spec, bool probe) {
  SeenStates result;
  const CrashSpace space(scene.recording.trace, scene.setting.atomic_bytes);
  const RecoveryOptions recovery =
      WorkerOptionsOf(scene, {.probe = probe, .limits = {}}).recovery;
  const std::vector<CrashPoint> crash_points = CrashPointsOf(scene.recording);
  const ExploredPoints explored(scene.recording.trace,
                                scene.setting.finishes_calls);
  for (const CrashKind kind : scene.setting.crash_kinds) {
    PointCursor cursor(space, kind);
    CrashImage image(space, kind);
    // The same disk comes back at many points, and recovery sees only the disk.
    std::unordered_map<Hash128, OutcomeId, Hash128Hasher> of_image;
    for (const CrashPoint& crash_point : crash_points) {
      if (!explored.Has(kind, crash_point.after)) continue;
      cursor.MoveTo(crash_point.after);
      EnumerateStates(
          cursor, spec, 1, [&](const CrashState& state, const Hash128& hash) {
            ++result.states;
            const auto [known, added] = of_image.try_emplace(hash, 0);
            if (added) {
              ++result.runs;
              image.Become(state);
              CrashDisk disk(image.bytes(), scene.setting.geometry,
                             scene.setting.atomic_bytes, kRequestsMax);
              known->second =
                  result.outcomes.Add(Recover(scene.backend, disk, recovery));
            }
            const Hash128& outcome = result.outcomes.hash(known->second);
            result.seen.emplace(kind, crash_point.after, outcome);
            return true;
          });
    }
  }
  return result;
}

SeenExploration SeenByExplore(const RecordedRun& scene,
                              ExploreOptions options) {
  SeenExploration result;
  SeenStates& seen = result.seen;
  std::unordered_map<OutcomeId, Hash128> names;
  options.hooks.visited = [&](const VisitedState& visited) {
    // Hashing an outcome costs more than looking up its id.
    const auto [name, added] = names.try_emplace(visited.outcome);
    if (added) {
      name->second = seen.outcomes.hash(seen.outcomes.Add(visited.result));
    }
    seen.seen.emplace(visited.state.kind, visited.crash_point.after,
                      name->second);
  };
  auto exploration = Explore(
      {scene.backend, scene.workload, scene.setting, scene.recording}, options);
  POWERCUT_CHECK(exploration);
  result.exploration = std::move(*exploration);
  seen.states = result.exploration.states;
  seen.runs = result.exploration.runs;
  return result;
}

SeenCauses CausesOf(const RecordedRun& scene, const SeenStates& seen) {
  SeenCauses causes;
  Judge judge(scene, seen.outcomes);
  std::map<EventNumber, CrashPoint> crash_points;
  for (const CrashPoint& crash_point : CrashPointsOf(scene.recording))
    crash_points[crash_point.after] = crash_point;
  for (const auto& [kind, point, name] : seen.seen) {
    const OutcomeId outcome = *seen.outcomes.Find(name);
    const CrashPoint& crash_point = crash_points.at(point);
    // As in Explore(), every number of marks of the point is judged.
    for (size_t h = crash_point.history_min; h <= crash_point.history_max;
         ++h) {
      for (const Violation& violation : judge.Violations(outcome, h, kind)) {
        causes.emplace(kind, point, violation.cause);
      }
    }
  }
  return causes;
}

double SpaceLog2Of(const RecordedRun& scene) {
  double states = 0;
  const CrashSpace space(scene.recording.trace, scene.setting.atomic_bytes);
  for (const CrashKind kind : scene.setting.crash_kinds) {
    PointCursor cursor(space, kind);
    for (const CrashPoint& crash_point : CrashPointsOf(scene.recording)) {
      cursor.MoveTo(crash_point.after);
      states += std::exp2(cursor.SpaceLog2());
    }
  }
  return std::log2(states);
}

}  // namespace powercut
