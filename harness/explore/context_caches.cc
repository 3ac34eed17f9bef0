// Points come in order, so that contexts do: the lowest is needed least, and is
// forgotten first.

#include "harness/explore/context_caches.h"

#include <cstddef>
#include <span>

namespace powercut {
namespace {

// How many contexts have their runs remembered.
constexpr size_t kContextsMax = 1024;

}  // namespace

ObservationCache& ContextCaches::Of(const CrashState& state) {
  const uint64_t context = ContextOfState(state);
  const auto found = caches_.find(context);
  if (found != caches_.end()) return found->second;
  uint64_t bytes = 0;
  for (const auto& [number, cache] : caches_) bytes += cache.bytes();
  while (!caches_.empty() &&
         (bytes > bytes_max_ / 2 || caches_.size() >= kContextsMax)) {
    const ObservationCache& lowest = caches_.begin()->second;
    bytes -= lowest.bytes();
    evicted_before_ += lowest.evicted() + lowest.runs();
    caches_.erase(caches_.begin());
  }
  const uint64_t room = bytes_max_ - bytes;
  return caches_.try_emplace(context, contents_, room).first->second;
}

// Equal reads under other acks are another run.
Hash128 ContextCaches::InContext(Hash128 key, const CrashState& state) const {
  const uint64_t context = ContextOfState(state);
  if (context != 0) {
    key ^= HashBytes(std::as_bytes(std::span(&context, 1)), 1);
  }
  return key;
}

uint64_t ContextCaches::evicted() const {
  uint64_t evicted = evicted_before_;
  for (const auto& [context, cache] : caches_) evicted += cache.evicted();
  return evicted;
}

}  // namespace powercut
