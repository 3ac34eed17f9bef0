// Exploration: what came of exploring the crashes of a recorded run.

#ifndef POWERCUT_HARNESS_EXPLORE_EXPLORATION_H_
#define POWERCUT_HARNESS_EXPLORE_EXPLORATION_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/explore/run_scheduler.h"
#include "harness/fault/fault_counts.h"
#include "harness/judge/finding.h"
#include "harness/space/exploration_space.h"

namespace powercut {

struct Exploration {
  // The digest of the recording.
  uint32_t digest = 0;
  // The disk events of the recording: `writes` counts discards, too, and
  // `flushes` all persist events.
  uint64_t events = 0;
  uint64_t writes = 0;
  uint64_t flushes = 0;
  uint64_t crash_points = 0;
  // What was explored: as asked, or what the default space came to.
  ExplorationSpace space;
  // What was done about copied data.
  CopyMode copied = CopyMode::kAsRead;
  // How many parts of the observation were varied one at a time; 0 if none
  // were.
  uint32_t parts_apart = 0;
  // log2 of the number of states of the whole crash space, over all points and
  // kinds; 0 for one state.
  double space_log2 = 0;
  // How many of the crash points have an open block. If none has, no write
  // could be lost.
  uint64_t open_points = 0;
  // How many states were visited.
  uint64_t states = 0;
  // How many of `states` are nested: a second crash during recovery.
  uint64_t nested_states = 0;
  // How many recoveries were run: states that no earlier run decides. The
  // others were decided by the cache.
  uint64_t runs = 0;
  // How many of `runs` were made for nested states.
  uint64_t nested_runs = 0;
  // How many recoveries were run in all, and what for.
  RecoveryCounts recoveries;
  // How many states that the cache decided were run all the same.
  uint64_t doublechecked = 0;
  // How many runs read in another order than earlier runs, or other blocks,
  // after they had read the same; they are part of `runs` or ahead of time.
  uint64_t reordered_runs = 0;
  // How many runs the cache dropped for want of room.
  uint64_t evicted = 0;
  // One for each run that is not nested, sorted, if this is one shard of
  // several: runs of different shards with one key are the same run.
  std::vector<Hash128> run_keys;
  // In the order of the workload's faults.
  std::vector<FaultCount> faults;
  // Whether every state of the chosen space was judged.
  bool exhausted = true;
  bool interrupted = false;
  // Why it is not exhausted; empty if it is.
  std::string bound;
  // Confirmed; one for each cause, which shows the simplest state; by cause.
  std::vector<Finding> findings;
  // The causes beyond kCausesShownMax, by cause. They were seen and not
  // confirmed, so that they are no findings.
  std::vector<UnshownCause> unshown;
};

// The visited states less the different runs. A state that was run, but turned
// out to read the same as an earlier run, counts here, too.
inline uint64_t CachedStates(const Exploration& e) {
  return e.states - std::min(e.states, e.runs);
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_EXPLORATION_H_
