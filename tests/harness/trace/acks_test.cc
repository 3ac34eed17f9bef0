// Tests acks and attempts: which mark is which, and what was written up to a
// crash point.

#include "harness/trace/acks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/trace/run_begin.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using testing::ElementsAre;

// A log that the kernel closed and one that it did not have the same acks.
TEST(AcksTest, TheEndOfALogIsNoAck) {
  Trace open = EmptyTrace(1);
  open.AddMark("commit 1");
  Trace closed = EmptyTrace(1);
  closed.AddMark("commit 1");
  closed.AddMark("dm-log-writes-end");
  EXPECT_TRUE(HashOfLines(open) == HashOfLines(closed));
  EXPECT_EQ(AcksUpTo(open, 0), AcksUpTo(closed, 0));
  closed.AddMark("commit 2");
  EXPECT_FALSE(HashOfLines(open) == HashOfLines(closed));
}

TEST(AcksTest, AreCountedAtEachPoint) {
  Trace trace = EmptyTrace(4);
  trace.AddMark("before any event");
  const Bytes sector(512);
  for (const char* mark : {"powercut:ack 1", "powercut:other", "3"}) {
    trace.AddWrite(0, sector, Layer::kHost);
    trace.AddMark(mark);
  }
  trace.AddMark("dm-log-writes-end");
  const std::vector<uint32_t> counts = LineCounts(trace);
  ASSERT_EQ(counts.size(), 4u);
  EXPECT_EQ(counts[0], 1u);
  EXPECT_EQ(counts[3], 3u);
  for (EventNumber point = 0; point < counts.size(); ++point) {
    EXPECT_EQ(counts[point], AcksUpTo(trace, point).size()) << point;
  }
}

// Two lines of a program lie at each of the points 0 to 2.
Trace TraceWithLines() {
  Trace trace = EmptyTrace(4);
  const Bytes sector(512);
  for (const char* number : {"1", "2", "3"}) {
    if (trace.marks().size() > 0) trace.AddWrite(0, sector, Layer::kHost);
    trace.AddMark(LineMark(std::string(kAttemptLine).append(number)));
    trace.AddMark(LineMark(number));
  }
  return trace;
}

TEST(AcksTest, AnAttemptIsNoAck) {
  const Trace trace = TraceWithLines();
  for (const Mark& mark : trace.marks()) {
    EXPECT_NE(AckOf(mark).has_value(), AttemptOf(mark).has_value())
        << mark.text;
  }
  EXPECT_THAT(AcksUpTo(trace, 0), ElementsAre("1"));
  EXPECT_THAT(AttemptsUpTo(trace, 0), ElementsAre("1"));
  EXPECT_THAT(AcksUpTo(trace, 2), ElementsAre("1", "2", "3"));
  EXPECT_THAT(AttemptsUpTo(trace, 1), ElementsAre("1", "2"));
  EXPECT_THAT(LineCounts(trace), ElementsAre(2, 4, 6));
}

TEST(AcksTest, ATextHasTheLinesOfOneKind) {
  const Trace trace = TraceWithLines();
  const LineText acks(trace, ProgramLine::kAck);
  const LineText attempts(trace, ProgramLine::kAttempt);
  EXPECT_EQ(acks.UpTo(1), "1\n2\n");
  EXPECT_EQ(attempts.UpTo(0), "1\n");
  EXPECT_EQ(attempts.UpTo(2), "1\n2\n3\n");
}

// Kept runs of a check must not be taken for those of other lines.
TEST(AcksTest, LinesThatDifferHaveAnotherHash) {
  const auto hash = [](std::string_view line) {
    Trace trace = EmptyTrace(1);
    trace.AddMark(LineMark(line));
    return HashOfLines(trace);
  };
  EXPECT_TRUE(hash("1") == hash("1"));
  EXPECT_FALSE(hash("1") == hash("2"));
  EXPECT_FALSE(hash("powercut:attempt 1") == hash("powercut:attempt 2"));
  EXPECT_FALSE(hash("powercut:attempt 1") == hash("1"));
}

// A crash between an ack and the next attempt leaves the same disk as one after
// the attempt, and admits less.
TEST(AcksTest, AnAttemptCountsFromTheNextEventOnOrTheNextAck) {
  Trace trace = EmptyTrace(4);
  const auto line = [&](const char* text) { trace.AddMark(LineMark(text)); };
  line("powercut:attempt 1");
  trace.AddWrite(0, Bytes(512), Layer::kHost);
  line("1");
  line("powercut:attempt 2");
  line("powercut:attempt 3");
  trace.AddWrite(0, Bytes(512), Layer::kHost);
  line("powercut:attempt 4");
  line("4");
  line("powercut:attempt 5");
  const auto attempts = [&](EventNumber point) {
    const auto lines = AttemptsUpTo(trace, point);
    std::string text;
    for (const std::string_view one : lines) text.append(one).push_back('\n');
    if (point <= trace.event_count()) {
      EXPECT_EQ(LineText(trace, ProgramLine::kAttempt).UpTo(point), text);
    }
    return text;
  };
  EXPECT_EQ(attempts(0), "");
  EXPECT_EQ(attempts(1), "1\n");
  EXPECT_EQ(attempts(2), "1\n2\n3\n4\n");
  EXPECT_EQ(attempts(3), "1\n2\n3\n4\n5\n");
  // Kept runs are told apart wherever a line is new.
  EXPECT_EQ(LineCounts(trace), (std::vector<uint32_t>{0, 2, 6}));
}

// Only the whole word makes an attempt.
TEST(AcksTest, LinesThatLookLikeAttempts) {
  for (const char* line :
       {"attempt 1", "powercut:attempt", "powercut:attempts 1", "1"}) {
    EXPECT_EQ(AckOf({0, LineMark(line)}), line);
    EXPECT_TRUE(IsAckLine(line)) << line;
  }
  EXPECT_EQ(AttemptOf({0, LineMark("powercut:attempt ")}), "");
  EXPECT_FALSE(IsAckLine("powercut:attempt 1"));
  EXPECT_FALSE(IsAckLine(kStartLine));
  // The mark of another recorder is none, whatever its text is.
  EXPECT_EQ(AttemptOf({0, "powercut:attempt 1"}), std::nullopt);
}

}  // namespace
}  // namespace powercut
