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

// The first so many of the attempts of a timeline, and of its acks. It lasts as
// long as the timeline.
class Promises;

class PromiseTimeline {
 public:
  // O(calls).
  explicit PromiseTimeline(const Calls& calls);

  // What is in force where the acks of the trace, and its attempts, each with a
  // line break, are texts of these sizes (harness/trace/acks.h, LineText).
  // O(log(attempts and acks)).
  // Requires: each text ends where one of its lines does.
  Promises At(size_t acked_bytes, size_t attempted_bytes) const;

 private:
  friend class Promises;

  // The place of the first attempt or ack of a number, from 0.
  using Places = std::unordered_map<uint64_t, size_t>;

  // Entry n is about the first n acks, kAttemptsBegin among them: the size of
  // their lines, and how many attempts the shortest prefix of all attempts has
  // that contains each of them.
  std::vector<size_t> acked_bytes_{0};
  std::vector<size_t> shortest_{0};
  // Entry n is the size of the lines of the first n attempts.
  std::vector<size_t> attempted_bytes_{0};
  Places attempted_;
  Places acked_;
};

class Promises {
 public:
  // In O(1).
  bool Acked(uint64_t number) const {
    return Has(timeline_->acked_, number, acks_);
  }
  // Whatever was acknowledged was attempted.
  bool Attempted(uint64_t number) const {
    return Has(timeline_->attempted_, number, attempts_) || Acked(number);
  }
  // How many attempts count.
  size_t attempts() const { return attempts_; }
  // How many of the attempts a prefix needs to contain every ack.
  size_t shortest() const { return timeline_->shortest_[acks_]; }

 private:
  friend class PromiseTimeline;
  Promises(const PromiseTimeline& timeline, size_t acks, size_t attempts)
      : timeline_(&timeline), acks_(acks), attempts_(attempts) {}

  static bool Has(const PromiseTimeline::Places& places, uint64_t number,
                  size_t count) {
    const auto found = places.find(number);
    return found != places.end() && found->second < count;
  }

  const PromiseTimeline* timeline_;
  size_t acks_;
  size_t attempts_;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_PROMISES_H_
