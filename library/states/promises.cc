// Goes through the calls once. A prefix of the attempts is given by its length;
// an ack asks for a prefix that reaches the first attempt of its number, and a
// number that was never attempted asks for nothing.

#include "library/states/promises.h"

#include <algorithm>
#include <string>
#include <utility>

#include "harness/base/check.h"
#include "library/calls/record_calls.h"

namespace powercut {
namespace {

// How many lines a text of this size has, which ends where one of them does.
size_t LinesIn(const std::vector<size_t>& ends, size_t bytes) {
  const auto at = std::ranges::lower_bound(ends, bytes);
  POWERCUT_CHECK(at != ends.end() && *at == bytes);
  return static_cast<size_t>(at - ends.begin());
}

}  // namespace

PromiseTimeline::PromiseTimeline(const Calls& calls) {
  // An ack may come before the attempt of its number.
  std::unordered_map<uint64_t, size_t> length_with;
  for (const Call& call : calls) {
    if (call.kind != Call::kAttempt) continue;
    attempted_.try_emplace(call.number, attempted_bytes_.size() - 1);
    length_with.try_emplace(call.number, attempted_bytes_.size());
    attempted_bytes_.push_back(attempted_bytes_.back() +
                               std::to_string(call.number).size() + 1);
  }
  bool attempts = false;
  for (const Call& call : calls) {
    if (call.kind == Call::kAttempt && !std::exchange(attempts, true)) {
      acked_bytes_.push_back(acked_bytes_.back() + kAttemptsBegin.size() + 1);
      shortest_.push_back(shortest_.back());
    }
    if (call.kind != Call::kAck) continue;
    const auto length = length_with.find(call.number);
    const bool asks = length != length_with.end();
    acked_.try_emplace(call.number, acked_bytes_.size() - 1);
    acked_bytes_.push_back(acked_bytes_.back() + CallText(call).size() + 1);
    shortest_.push_back(
        std::max(shortest_.back(), asks ? length->second : size_t{0}));
  }
}

Promises PromiseTimeline::At(size_t acked_bytes, size_t attempted_bytes) const {
  return {*this, LinesIn(acked_bytes_, acked_bytes),
          LinesIn(attempted_bytes_, attempted_bytes)};
}

}  // namespace powercut
