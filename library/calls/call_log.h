// CallLog: the calls of one world, as they are made.

#ifndef POWERCUT_LIBRARY_CALLS_CALL_LOG_H_
#define POWERCUT_LIBRARY_CALLS_CALL_LOG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "library/calls/call.h"

namespace powercut {

// Not thread-safe.
class CallLog {
 public:
  const Calls& calls() const { return calls_; }
  // The call that was added as number `index`, from 0, and the last one.
  // Requires: there is such a call.
  Call& at(size_t index) { return calls_[index]; }
  Call& last() { return calls_.back(); }
  // Where the next call comes from.
  const CallPlace& place() const { return place_; }
  void set_place(const CallPlace& place) { place_ = place; }

  // Forgets the calls from number `index` on, from 0.
  void Forget(size_t index) { calls_.resize(index); }

  // Adds a call, which gets its number and its place, and returns it. Valid
  // until the next call of Add().
  Call& Add(Call call) {
    call.op.number = static_cast<uint32_t>(calls_.size() + 1);
    call.place = std::exchange(place_, {});
    return calls_.emplace_back(std::move(call));
  }
  // The same for an op. `path` is that of its file, for people; empty if the op
  // has none.
  Call& Add(OpKind kind, std::vector<std::string> names,
            std::vector<uint64_t> numbers, std::string_view path) {
    Call call;
    call.op.kind = kind;
    call.op.names = std::move(names);
    call.op.numbers = std::move(numbers);
    call.path = path;
    return Add(std::move(call));
  }

 private:
  Calls calls_;
  CallPlace place_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_CALLS_CALL_LOG_H_
