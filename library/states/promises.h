// PromiseTimeline: the attempts and acks of a world in the order in which they
// were said, so that those in force at a crash are found by their number alone.
// A long run has thousands of them, and each state is asked about a few.

#ifndef POWERCUT_LIBRARY_STATES_PROMISES_H_
#define POWERCUT_LIBRARY_STATES_PROMISES_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "library/calls/call.h"

namespace powercut {

// The first so many of the attempts and acks of a timeline. It lasts as long as
// the timeline.
class Promises;

class PromiseTimeline {
 public:
  // O(calls).
  explicit PromiseTimeline(const Calls& calls);

  // What is in force where the acks of the trace (harness/trace/acks.h), each
  // with a line break, are a text of this size. O(log(attempts and acks)).
  // Requires: the text ends where one of them does.
  Promises At(size_t acked_bytes) const;

 private:
  friend class Promises;

  // The place of the first attempt or ack of a number, from 0.
  using Places = std::unordered_map<uint64_t, size_t>;

  // Entry n is about the first n attempts and acks: the size of their lines,
  // how many of them are attempts, and how many attempts the shortest prefix of
  // all attempts has that contains each of these acks.
  std::vector<size_t> bytes_{0};
  std::vector<size_t> attempts_{0};
  std::vector<size_t> shortest_{0};
  Places attempted_;
  Places acked_;
};

class Promises {
 public:
  // In O(1).
  bool Acked(uint64_t number) const { return Has(timeline_->acked_, number); }
  // Whatever was acknowledged was attempted.
  bool Attempted(uint64_t number) const {
    return Has(timeline_->attempted_, number) || Acked(number);
  }
  // How many attempts there were.
  size_t attempts() const { return timeline_->attempts_[count_]; }
  // How many of the attempts a prefix needs to contain every ack.
  size_t shortest() const { return timeline_->shortest_[count_]; }

 private:
  friend class PromiseTimeline;
  Promises(const PromiseTimeline& timeline, size_t count)
      : timeline_(&timeline), count_(count) {}

  bool Has(const PromiseTimeline::Places& places, uint64_t number) const {
    const auto found = places.find(number);
    return found != places.end() && found->second < count_;
  }

  const PromiseTimeline* timeline_;
  size_t count_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_PROMISES_H_
