// Hashes the numbers that name a state, and none of its bytes.

#include "harness/explore/state_key.h"

#include <span>
#include <vector>

namespace powercut {

Hash128 StateKey(const CrashState& state, uint64_t seed) {
  std::vector<uint64_t> words = {state.point, static_cast<uint64_t>(state.kind),
                                 state.origin};
  for (const BlockChoice& choice : state.choices) {
    words.insert(words.end(), {choice.slot, choice.version, choice.torn.first,
                               choice.torn.count, choice.under});
  }
  return HashBytes(std::as_bytes(std::span(words)), seed);
}

}  // namespace powercut
