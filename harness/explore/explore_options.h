// ExploreOptions: what is explored of a recorded run, how, how far, and who is
// told of it.

#ifndef POWERCUT_HARNESS_EXPLORE_EXPLORE_OPTIONS_H_
#define POWERCUT_HARNESS_EXPLORE_EXPLORE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/explore/run_scheduler.h"
#include "harness/judge/crash_points.h"
#include "harness/recover/recovery_runner.h"
#include "harness/space/exploration_space.h"

namespace powercut {

inline constexpr uint64_t kDefaultCacheBytes = uint64_t{512} << 20;
inline constexpr uint64_t kDefaultWorkOfWalk = 1 << 14;
// The most that users may ask for of ExploreOptions::jobs and ::nested.
inline constexpr uint32_t kJobsMax = 1024;
inline constexpr uint32_t kNestedMax = 8;

// Part `index` of `count`, from 1: a range of the crash points. All parts
// together are the whole. Points next to each other share most of their runs,
// so ranges cost less than points dealt out in turn would.
struct Shard {
  uint32_t index = 1;
  uint32_t count = 1;

  bool operator==(const Shard&) const = default;
};

// Where an exploration ends early. What was found until then is reported.
struct ExploreBounds {
  // The most recoveries; `std::nullopt` means no limit. Deterministic.
  std::optional<uint64_t> max_runs;
  // Wall clock; `std::nullopt` means no limit. Not deterministic.
  std::optional<uint64_t> budget_ms;
};

struct Progress {
  uint64_t runs = 0;
  uint64_t states = 0;
  uint64_t causes = 0;
  // How many of the crash points of all passes are done, from 0 to 1.
  double share = 0;
};

// A state that was visited, with what came of it. Valid during the call only.
struct VisitedState {
  const CrashState& state;
  // The crash point, with the histories that the state was judged with.
  const CrashPoint& crash_point;
  OutcomeId outcome = 0;
  const RecoveryOutcome& result;
  // Whether it crashed again during its recovery; `state` is the first crash.
  bool nested = false;
};

// Called while an exploration runs; each may be empty.
struct ExploreHooks {
  // With each visited state, once, in an order that any number of jobs keeps.
  std::function<void(const VisitedState&)> visited;
  // When a cause is seen first, before it is confirmed. When that is depends on
  // the jobs.
  std::function<void(const std::string& cause)> cause_seen;
  // Now and then.
  std::function<void(const Progress&)> progress;
  // Now and then; true ends the exploration with what is known.
  std::function<bool()> interrupted;
  // At the end; true if no state can be run any more, so that causes are told
  // as they were seen, and not confirmed.
  std::function<bool()> runs_are_over;
};

struct ExploreOptions {
  // --- what is explored
  ExplorationSpace space;
  Shard shard;
  // How many crashes deep recoveries are crashed again; 0 means not at all.
  uint32_t nested = 0;
  // Chooses the states of `sample:N`, and the cached outcomes that
  // `doublecheck` runs.
  uint64_t seed = 1;
  RunOptions run;

  // --- how
  uint32_t jobs = 1;
  // What is done about data that recovery only copies, at most. Each copied
  // block varies by itself only where no rule ties it to another
  // (DataAtomsApart()) and only the model judges; where the volume is used
  // after recovery (RunOptions::probe), everything counts as read.
  CopyMode copied = CopyMode::kVaryEach;
  // Whether parts of the observation that no rule ties to each other
  // (IndependentParts) are varied one at a time, the others at their newest. At
  // most in `exhaustive`, and only where the model alone judges: not with
  // conditions, a check, a probe or nested crashes. Nor with faults of
  // recovery, or with storage that does not say for which part it reads.
  bool parts_apart = true;
  // The most memory that the observation cache takes.
  uint64_t cache_bytes = kDefaultCacheBytes;
  // The share of states decided by the cache, from 0 to 1, that are run all the
  // same and compared.
  double doublecheck = 0;
  // A folder that keeps the runs, and in which runs of an exploration that was
  // cut off are found. It is made if it is not there. Empty if none are kept.
  std::string resume;
  // How much work a walk of decision trees does in one process before what is
  // left of it is dealt to several (RunScheduler::PauseAfter()).
  uint64_t work_of_walk = kDefaultWorkOfWalk;
  // Whether most recoveries take less than a tenth of a millisecond, so that
  // forking a worker, which takes about one, costs more than it saves unless
  // many runs follow. The states that are run by one worker are then counted by
  // the runs that they need.
  bool runs_are_short = false;
  // Whether Finding::states is filled in.
  bool list_states = false;

  ExploreBounds bounds;
  ExploreHooks hooks;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_EXPLORE_OPTIONS_H_
