// Tests what a timeline of attempts and acks says at each moment.

#include "library/states/promises.h"

#include <gtest/gtest.h>

#include <string>

namespace powercut {
namespace {

Call CallOf(Call::Kind kind, uint64_t number) {
  Call call;
  call.kind = kind;
  call.number = number;
  return call;
}

TEST(PromiseTimeline, SaysWhatIsInForceAtEachMoment) {
  const Calls calls{CallOf(Call::kAttempt, 7), CallOf(Call::kOp, 0),
                    CallOf(Call::kAck, 7),     CallOf(Call::kAttempt, 12),
                    CallOf(Call::kAck, 9),     CallOf(Call::kAck, 12)};
  const PromiseTimeline timeline(calls);
  const Promises none = timeline.At(0);
  EXPECT_FALSE(none.Attempted(7));
  EXPECT_EQ(none.attempts(), 0u);
  const size_t attempt = std::string("attempt 7\n").size();
  EXPECT_TRUE(timeline.At(attempt).Attempted(7));
  EXPECT_FALSE(timeline.At(attempt).Acked(7));
  const size_t ack = attempt + std::string("ack 7\n").size();
  EXPECT_TRUE(timeline.At(ack).Acked(7));
  EXPECT_FALSE(timeline.At(ack).Attempted(12));
  EXPECT_EQ(timeline.At(ack).shortest(), 1u);
  const size_t second = ack + std::string("attempt 12\n").size();
  EXPECT_EQ(timeline.At(second).attempts(), 2u);
  EXPECT_EQ(timeline.At(second).shortest(), 1u);
  // What was acknowledged counts as attempted, and asks for no prefix if it
  // never was.
  const size_t stranger = second + std::string("ack 9\n").size();
  EXPECT_TRUE(timeline.At(stranger).Attempted(9));
  EXPECT_EQ(timeline.At(stranger).shortest(), 1u);
  const size_t last = stranger + std::string("ack 12\n").size();
  EXPECT_EQ(timeline.At(last).shortest(), 2u);
}

// An ack may come before the attempt of its number: it then asks for a prefix
// that is not made yet.
TEST(PromiseTimeline, AnAckMayComeFirst) {
  const PromiseTimeline timeline(
      {CallOf(Call::kAck, 1), CallOf(Call::kAttempt, 1)});
  const Promises promises = timeline.At(std::string("ack 1\n").size());
  EXPECT_EQ(promises.attempts(), 0u);
  EXPECT_EQ(promises.shortest(), 1u);
}

}  // namespace
}  // namespace powercut
