// ContextCaches: the finished runs of an exploration, apart for each context.

#ifndef POWERCUT_HARNESS_EXPLORE_CONTEXT_CACHES_H_
#define POWERCUT_HARNESS_EXPLORE_CONTEXT_CACHES_H_

#include <cstdint>
#include <map>
#include <utility>

#include "harness/cache/observation_cache.h"
#include "harness/explore/tree_filter.h"

namespace powercut {

// Runs of different contexts decide nothing for each other. Not thread-safe.
class ContextCaches {
 public:
  // `contents` must outlive this object. `context_of` may be empty: all runs
  // are then of one context. All caches take about `bytes_max` at most.
  ContextCaches(BlockContents& contents, ContextOf context_of,
                uint64_t bytes_max)
      : contents_(contents),
        context_of_(std::move(context_of)),
        bytes_max_(bytes_max) {}

  // The context of a state; 0 if its runs depend on their disk alone.
  uint64_t ContextOfState(const CrashState& state) const {
    return context_of_ ? context_of_(state) : 0;
  }
  // The cache for runs of the state's context, which is made if there is none.
  // Low contexts are forgotten if there is no room. The reference is valid
  // until the next call. O(log(contexts)), and O(contexts) if one is made.
  ObservationCache& Of(const CrashState& state);
  // Makes of a key of disks a key of disks in the context of the state.
  Hash128 InContext(Hash128 key, const CrashState& state) const;

  // How many runs were dropped to make room.
  uint64_t evicted() const;

 private:
  BlockContents& contents_;
  const ContextOf context_of_;
  const uint64_t bytes_max_;
  // By context.
  std::map<uint64_t, ObservationCache> caches_;
  uint64_t evicted_before_ = 0;  // In contexts that were forgotten.
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_CONTEXT_CACHES_H_
