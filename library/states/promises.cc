// Goes through the calls once. A prefix of the attempts is given by its length;
// an ack asks for a prefix that reaches the first attempt of its number, and a
// number that was never attempted asks for nothing.

#include "library/states/promises.h"

#include <algorithm>

#include "harness/base/check.h"

namespace powercut {

PromiseTimeline::PromiseTimeline(const Calls& calls) {
  // An ack may come before the attempt of its number.
  std::unordered_map<uint64_t, size_t> length_with;
  size_t attempts = 0;
  for (const Call& call : calls) {
    if (call.kind != Call::kAttempt) continue;
    length_with.try_emplace(call.number, ++attempts);
  }
  for (const Call& call : calls) {
    const bool ack = call.kind == Call::kAck;
    if (!ack && call.kind != Call::kAttempt) continue;
    const auto length = length_with.find(call.number);
    const bool asks = ack && length != length_with.end();
    (ack ? acked_ : attempted_).try_emplace(call.number, bytes_.size() - 1);
    bytes_.push_back(bytes_.back() + CallText(call).size() + 1);
    attempts_.push_back(attempts_.back() + (ack ? 0 : 1));
    shortest_.push_back(
        std::max(shortest_.back(), asks ? length->second : size_t{0}));
  }
}

Promises PromiseTimeline::At(size_t acked_bytes) const {
  const auto at = std::ranges::lower_bound(bytes_, acked_bytes);
  POWERCUT_CHECK(at != bytes_.end() && *at == acked_bytes);
  return {*this, static_cast<size_t>(at - bytes_.begin())};
}

}  // namespace powercut
