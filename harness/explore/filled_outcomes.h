// FilledOutcomes: the outcomes that finished runs have on other states.

#ifndef POWERCUT_HARNESS_EXPLORE_FILLED_OUTCOMES_H_
#define POWERCUT_HARNESS_EXPLORE_FILLED_OUTCOMES_H_

#include <unordered_map>

#include "harness/cache/observation_cache.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// Not thread-safe.
class FilledOutcomes {
 public:
  // Both must outlive this object. New outcomes go into the pool's table.
  FilledOutcomes(WorkerPool& pool, BlockContents& contents)
      : pool_(pool), contents_(contents) {}

  // The outcome that a cached run has on this state, with copied blocks filled
  // in. O(copied slots) if the same bytes were filled in before, or if there
  // are none.
  OutcomeId Of(const CachedRun& run, const CrashState& state);

 private:
  WorkerPool& pool_;
  BlockContents& contents_;
  // By the key of the run and of the contents copied.
  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> filled_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_FILLED_OUTCOMES_H_
