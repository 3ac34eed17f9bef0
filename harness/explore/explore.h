// Explore: all crash points of a recording, judged; the middle of the pipeline
// (design.md section 2), and the only file that names all its stages.

#ifndef POWERCUT_HARNESS_EXPLORE_EXPLORE_H_
#define POWERCUT_HARNESS_EXPLORE_EXPLORE_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/explore/run_scheduler.h"
#include "harness/fault/fault_counts.h"
#include "harness/judge/finding.h"
#include "harness/judge/judge.h"
#include "harness/record/recording.h"
#include "harness/space/exploration_space.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

inline constexpr uint64_t kDefaultCacheBytes = uint64_t{512} << 20;

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
  // The crash point, with the histories that the state was judged with.
  const CrashPoint& crash_point;
  OutcomeId outcome = 0;
  const RecoveryOutcome& result;
  // It crashed again during its recovery; `state` is the first crash.
  bool nested = false;
};

// Part `index` of `count`, from 1: a range of the crash points. All parts
// together are the whole. Points next to each other share most of their runs,
// so that ranges cost less than points dealt out in turn would.
struct Shard {
  uint32_t index = 1;
  uint32_t count = 1;

  bool operator==(const Shard&) const = default;
};

struct ExploreOptions {
  ExplorationSpace space;
  Shard shard;
  // Fill in Finding::states.
  bool list_states = false;
  uint64_t seed = 1;
  uint32_t jobs = 1;
  bool probe = false;
  // How data that is only copied into the observation is taken, at most: each
  // copied block varies by itself only where no rule ties it to another
  // (DataAtomsApart()) and nothing but the model judges; none is copied that is
  // used after recovery (`probe`).
  CopyMode copied = CopyMode::kVaryEach;
  // Room for the observation cache.
  uint64_t cache_bytes = kDefaultCacheBytes;
  // The share of states answered from the cache, from 0 to 1, that are run for
  // real, too, and compared.
  double doublecheck = 0;
  // A folder that keeps the runs, and where runs of an exploration that was cut
  // off are found; empty: none. It is made if it is not there.
  std::string resume;
  // Recoveries; a deterministic bound.
  std::optional<uint64_t> max_runs;
  // Wall clock; not deterministic.
  std::optional<uint64_t> budget_ms;
  WorkerLimits limits;
  // Crashes during recovery, so many deep.
  uint32_t nested = 0;
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
  // What was explored: as asked, or what the default space came to.
  ExplorationSpace space;
  // How copied data was taken.
  CopyMode copied = CopyMode::kAsRead;
  // log2 of the number of states of the whole crash space, over all points and
  // kinds; 0 for one state.
  double space_log2 = 0;
  uint64_t states = 0;  // visited
  // Of those: states of crashes during recovery.
  uint64_t nested_states = 0;
  // Of the runs: those of such states.
  uint64_t nested_runs = 0;
  // Recoveries: states that no earlier run decides. The others are answered
  // from the cache.
  uint64_t runs = 0;
  // States answered from the cache that were run for real, too.
  uint64_t doublechecked = 0;
  // Runs that the cache dropped for want of room.
  uint64_t evicted = 0;
  // One for each run that is not nested, sorted, if this is one shard of
  // several: runs of different shards with one key are the same run.
  std::vector<Hash128> run_keys;
  // In the order of the workload's faults.
  std::vector<FaultCount> faults;
  // Every state of the chosen space was judged.
  bool exhausted = true;
  bool interrupted = false;
  // Why it is not exhausted; empty if it is.
  std::string bound;
  // Confirmed; one a cause, the simplest state of each; by cause.
  std::vector<Finding> findings;
};

// Visited states that needed no run of their own.
inline uint64_t CachedStates(const Exploration& e) {
  return e.states - std::min(e.states, e.runs);
}

// How the states of such an exploration run; in one process, and nothing but
// the outcome is reported.
WorkerOptions WorkerOptionsOf(const Workload& workload,
                              const RunSetting& setting,
                              const ExploreOptions& options);

// log2 of the number of states of all crash points and kinds.
double SpaceLog2(const Recording& recording, const RunSetting& setting);

// Explores every crash point from the `run` mark to the end of the trace, for
// each crash kind of the setting: the prefixes of all points first, then the
// rest of the space. Checks the flush obligations of the trace, too.
//
// A state runs unless an earlier run decides it: one that read the same from
// its disk (harness/cache/observation_cache.h). With the space `exhaustive`,
// states that no run tells apart are visited as one, with the undecided blocks
// at their newest version. Each visited state is judged with the acks of its
// own point. Every finding was confirmed alone in a fresh worker; one that was
// not is a finding of kind `nondeterministic`, and so is storage that does not
// do the same where it reads the same; nothing is then said to be exhausted.
//
// Deterministic but for `budget_ms` and `interrupted`: the same recording and
// options give the same result for any number of jobs, resumed or not.
// Errors: kIo, kStale: the folder `resume` cannot be used; see RunJournal.
Result<Exploration> Explore(Backend& backend, const Workload& workload,
                            const RunSetting& setting,
                            const Recording& recording,
                            const ExploreOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_EXPLORE_H_
