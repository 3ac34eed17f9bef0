// Explore: all crash points of a recording, judged; the middle of the pipeline
// (design.md section 2), and the only file that names all its stages.

#ifndef POWERCUT_HARNESS_EXPLORE_H_
#define POWERCUT_HARNESS_EXPLORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/finding.h"
#include "harness/judge.h"
#include "harness/recording.h"
#include "harness/space_spec.h"
#include "harness/worker_pool.h"

namespace powercut {

// log2 of the most states that `exhaustive` takes on, over all points and
// kinds.
inline constexpr int kExhaustiveLog2Max = 20;

struct Progress {
  uint64_t runs = 0;
  uint64_t states = 0;
  uint64_t causes = 0;
  // Of the crash points of all passes, from 0 to 1.
  double share = 0;
};

// A state that was visited, with what came of it. Valid during the call only.
struct VisitedState {
  const CrashState& state;
  const Gap& gap;  // the crash point, and the histories it was judged with
  OutcomeId outcome = 0;
  const RecoveryOutcome& result;
};

// Part `index` of `count`, from 1: every count-th crash point. All parts
// together are the whole.
struct Shard {
  uint32_t index = 1;
  uint32_t count = 1;

  bool operator==(const Shard&) const = default;
};

struct ExploreOptions {
  SpaceSpec space;
  Shard shard;
  // Fill in Finding::states.
  bool list_states = false;
  uint64_t seed = 1;
  uint32_t jobs = 1;
  bool probe = false;
  // Recoveries; a deterministic bound.
  std::optional<uint64_t> max_runs;
  // Wall clock; not deterministic.
  std::optional<uint64_t> budget_ms;
  WorkerLimits limits;
  // Called with each state, once, in an order that any number of jobs keeps;
  // may be empty.
  std::function<void(const VisitedState&)> visited;
  // Called when a cause is seen first, before it is confirmed; may be empty.
  // When that is depends on the jobs.
  std::function<void(const std::string& cause)> cause_seen;
  // Called now and then; may be empty.
  std::function<void(const Progress&)> progress;
  // Asked now and then; true ends the exploration with what is known.
  std::function<bool()> interrupted;
};

struct Exploration {
  uint32_t digest = 0;
  uint64_t events = 0;
  uint64_t writes = 0;
  uint64_t flushes = 0;  // persist events
  uint64_t crash_points = 0;
  // log2 of the number of states of the whole crash space, over all points and
  // kinds; 0 for one state.
  double space_log2 = 0;
  uint64_t states = 0;  // visited
  uint64_t runs = 0;    // recoveries: states with different contents
  // One for each run, sorted, if this is one shard of several: runs of
  // different shards with one key are the same run.
  std::vector<Hash128> run_keys;
  // Every state of the chosen space was judged.
  bool exhausted = true;
  bool interrupted = false;
  // Why it is not exhausted; empty if it is.
  std::string bound;
  // Confirmed; one a cause, the simplest state of each; by cause.
  std::vector<Finding> findings;
};

// Explores every crash point from the `run` mark to the end of the trace, for
// each crash kind of the setting: the prefixes of all points first, then the
// rest of the space. Checks the flush obligations of the trace, too.
//
// States with equal contents run once; each is judged with the acks of its own
// point. Every finding was confirmed alone in a fresh worker; one that was not
// is a finding of kind `nondeterministic`.
//
// Deterministic but for `budget_ms` and `interrupted`: the same recording and
// options give the same result for any number of jobs.
// Errors: kUnsupported: the space is exhaustive and has more states than
// kExhaustiveLog2Max allows.
Result<Exploration> Explore(Backend& backend, const Workload& workload,
                            const Setting& setting, const Recording& recording,
                            const ExploreOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_H_
