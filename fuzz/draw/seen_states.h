// What all crash states of a recording show: each run for itself, and as
// Explore() visits them. That both see the same is what the decision tree and
// the observation cache have to prove.

#ifndef POWERCUT_FUZZ_DRAW_SEEN_STATES_H_
#define POWERCUT_FUZZ_DRAW_SEEN_STATES_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <tuple>

#include "harness/explore/explore.h"
#include "harness/recover/outcome_table.h"

namespace powercut {

// What is explored. All must outlive it.
struct SeenScene {
  Backend& backend;
  const Workload& workload;
  const RunSetting& setting;
  const Recording& recording;
};

struct SeenStates {
  // Each outcome by the hash of its bytes, once for each kind of crash and
  // crash point after which it was seen.
  std::set<std::tuple<CrashKind, EventNumber, Hash128>> seen;
  OutcomeTable outcomes;
  uint64_t states = 0;
  uint64_t runs = 0;
};

// Every state of the space, as EnumerateStates() has them, recovered in this
// process; states that leave the same disk run once.
SeenStates SeenByBruteForce(const SeenScene& scene,
                            const ExplorationSpace& space, bool probe = false);

struct SeenExploration {
  SeenStates seen;
  Exploration exploration;
};

// What Explore() visits. Requires: it can be done (its errors are of
// `options.resume` only); options.visited is not set.
SeenExploration SeenByExplore(const SeenScene& scene, ExploreOptions options);

// The cause of each violation, for each kind of crash and crash point.
using SeenCauses = std::set<std::tuple<CrashKind, EventNumber, std::string>>;
SeenCauses CausesOf(const SeenScene& scene, const SeenStates& seen);

// log2 of the number of states of all points and kinds, without tears.
double SpaceLog2Of(const SeenScene& scene);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_SEEN_STATES_H_
