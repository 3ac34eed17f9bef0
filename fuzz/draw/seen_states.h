// SeenStates holds what the crash states of a recording show. One function runs
// every state for itself, another one lets Explore() visit them. A test
// compares the two: if they differ, the decision tree or the observation cache
// is wrong.

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

struct SeenStates {
  // The outcomes by the hash of their bytes, each once for each crash kind and
  // crash point after which it was seen.
  std::set<std::tuple<CrashKind, EventNumber, Hash128>> seen;
  OutcomeTable outcomes;
  // How many states were visited, and how many of them were run.
  uint64_t states = 0;
  uint64_t runs = 0;
};

// Recovers every state that EnumerateStates() gives for the space at the
// explored points, in this process. States of one crash kind that leave the
// same disk run once.
SeenStates SeenByBruteForce(const RecordedRun& scene,
                            const ExplorationSpace& space, bool probe = false);

struct SeenExploration {
  SeenStates seen;
  Exploration exploration;
};

// Returns what Explore() visits. Requires: Explore() succeeds, as it does
// unless `options.resume` names a folder that cannot be used;
// options.hooks.visited is not set.
SeenExploration SeenByExplore(const RecordedRun& scene, ExploreOptions options);

// The causes of all violations, each with the crash kind and the crash point.
using SeenCauses = std::set<std::tuple<CrashKind, EventNumber, std::string>>;
SeenCauses CausesOf(const RecordedRun& scene, const SeenStates& seen);

// Returns log2 of the number of states of all crash points and kinds. States
// with torn blocks are not counted.
double SpaceLog2Of(const RecordedRun& scene);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_SEEN_STATES_H_
