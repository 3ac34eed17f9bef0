// Tests what a timeline of attempts and acks says at each moment.

#include "library/states/promises.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "library/calls/record_calls.h"

namespace powercut {
namespace {

Call CallOf(Call::Kind kind, uint64_t number) {
  Call call;
  call.kind = kind;
  call.number = number;
  return call;
}

// The size of these lines, each with its line break.
size_t BytesOf(const std::vector<std::string>& lines) {
  size_t bytes = 0;
  for (const std::string& line : lines) bytes += line.size() + 1;
  return bytes;
}

TEST(PromiseTimeline, SaysWhatIsInForceAtEachMoment) {
  const Calls calls{CallOf(Call::kAttempt, 7), CallOf(Call::kOp, 0),
                    CallOf(Call::kAck, 7),     CallOf(Call::kAttempt, 12),
                    CallOf(Call::kAck, 9),     CallOf(Call::kAck, 12)};
  const PromiseTimeline timeline(calls);
  const std::string begin(kAttemptsBegin);
  const auto at = [&](const std::vector<std::string>& acks,
                      const std::vector<std::string>& attempts) {
    return timeline.At(BytesOf(acks), BytesOf(attempts));
  };
  EXPECT_FALSE(at({}, {}).Attempted(7));
  EXPECT_EQ(at({}, {}).attempts(), 0u);
  EXPECT_TRUE(at({begin}, {"7"}).Attempted(7));
  EXPECT_FALSE(at({begin}, {"7"}).Acked(7));
  const Promises acked = at({begin, "ack 7"}, {"7"});
  EXPECT_TRUE(acked.Acked(7));
  EXPECT_FALSE(acked.Attempted(12));
  EXPECT_EQ(acked.shortest(), 1u);
  EXPECT_EQ(at({begin, "ack 7"}, {"7", "12"}).attempts(), 2u);
  EXPECT_EQ(at({begin, "ack 7"}, {"7", "12"}).shortest(), 1u);
  // What was acknowledged counts as attempted, and asks for no prefix if it
  // never was.
  const Promises stranger = at({begin, "ack 7", "ack 9"}, {"7", "12"});
  EXPECT_TRUE(stranger.Attempted(9));
  EXPECT_EQ(stranger.shortest(), 1u);
  EXPECT_EQ(at({begin, "ack 7", "ack 9", "ack 12"}, {"7", "12"}).shortest(),
            2u);
}

// Acks may come in another order than the attempts. What one of them asked for
// stays asked for.
TEST(PromiseTimeline, AnAckOfAnEarlierAttemptTakesNothingBack) {
  const PromiseTimeline timeline(
      {CallOf(Call::kAttempt, 1), CallOf(Call::kAttempt, 2),
       CallOf(Call::kAck, 2), CallOf(Call::kAck, 1)});
  const std::string begin(kAttemptsBegin);
  const size_t attempted = BytesOf({"1", "2"});
  EXPECT_EQ(timeline.At(BytesOf({begin, "ack 2"}), attempted).shortest(), 2u);
  EXPECT_EQ(
      timeline.At(BytesOf({begin, "ack 2", "ack 1"}), attempted).shortest(),
      2u);
}

// An ack may come before the attempt of its number: it then asks for a prefix
// that is not made yet.
TEST(PromiseTimeline, AnAckMayComeFirst) {
  const PromiseTimeline timeline(
      {CallOf(Call::kAck, 1), CallOf(Call::kAttempt, 1)});
  const Promises promises = timeline.At(BytesOf({"ack 1"}), 0);
  EXPECT_EQ(promises.attempts(), 0u);
  EXPECT_EQ(promises.shortest(), 1u);
}

}  // namespace
}  // namespace powercut
