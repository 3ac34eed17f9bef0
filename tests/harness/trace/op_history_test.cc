// Tests histories: marks are written and read again, marks that make no sense
// are refused, and a model follows a history.

#include "harness/trace/op_history.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/pcut/pcut.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using Marks = std::vector<std::string>;

Trace TraceWith(const Marks& marks) {
  Trace trace = EmptyTrace(1);
  for (const std::string& mark : marks) trace.AddMark(mark);
  return trace;
}

// Returns why the marks are no history. Empty if they are one.
std::string ErrorOf(const Marks& marks, uint32_t op_count = 3) {
  const auto history = HistoryOf(TraceWith(marks), op_count);
  if (history) return "";
  EXPECT_EQ(history.error().code, ErrorCode::kBadInput);
  return history.error().message;
}

TEST(History, MarksHaveTheirText) {
  EXPECT_EQ(BeginMark(12), "powercut:begin 12");
  EXPECT_EQ(EndMark(12, ""), "powercut:end 12 ok");
  EXPECT_EQ(EndMark(12, "ENOSPC"), "powercut:end 12 ENOSPC");
  EXPECT_EQ(std::string(kRunMark), "powercut:run");
}

TEST(History, EveryMarkIsOneEventInItsPlace) {
  Trace trace = EmptyTrace(1);
  trace.AddMark(BeginMark(1));
  trace.AddMark("a mark of the user's own");
  Write(trace, 0, {1}, Layer::kHost);
  trace.AddMark(EndMark(1, ""));
  trace.AddMark(kRunMark);
  trace.AddMark(BeginMark(2));
  trace.AddMark(BeginMark(4));
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  trace.AddMark(EndMark(4, "EIO"));
  trace.AddMark(EndMark(2, ""));
  const auto history = HistoryOf(trace, 4);
  ASSERT_TRUE(history) << history.error().message;
  const std::vector<HistoryEvent> expected = {
      {HistoryEvent::kBegin, 0, 1, ""},  {HistoryEvent::kUser, 0, 0, ""},
      {HistoryEvent::kEnd, 1, 1, ""},    {HistoryEvent::kRun, 1, 0, ""},
      {HistoryEvent::kBegin, 1, 2, ""},  {HistoryEvent::kBegin, 1, 4, ""},
      {HistoryEvent::kEnd, 2, 4, "EIO"}, {HistoryEvent::kEnd, 2, 2, ""}};
  ASSERT_EQ(history->size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ((*history)[i].kind, expected[i].kind);
    EXPECT_EQ((*history)[i].after, expected[i].after);
    EXPECT_EQ((*history)[i].op, expected[i].op);
    EXPECT_EQ((*history)[i].error, expected[i].error);
  }
}

TEST(History, NoMarksAreAHistory) {
  EXPECT_EQ(ErrorOf({}), "");
  EXPECT_EQ(ErrorOf({}, 0), "");
  EXPECT_EQ(ErrorOf({kRunMark}, 0), "");
}

TEST(History, OtherMarksMeanNothing) {
  EXPECT_EQ(ErrorOf({"", " powercut:begin 9", "powercut", "Powercut:run",
                     "begin 1", "ack 17"}),
            "");
}

TEST(History, MalformedMarksOfOursAreRefused) {
  for (const std::string mark :
       {"powercut:",         "powercut: run",
        "powercut:run ",     "powercut:runs",
        "powercut:RUN",      "powercut:begin",
        "powercut:begin ",   "powercut:begin x",
        "powercut:begin 1 ", "powercut:begin 1x",
        "powercut:begin  1", "powercut:begin -1",
        "powercut:begin +1", "powercut:begin 4294967297",
        "powercut:begin 0",  "powercut:begin 4",
        "powercut:end",      "powercut:end 1",
        "powercut:end 1 ok", "powercut:end 0 ok",
        "powercut:end 9 ok", "powercut:nothing 1"}) {
    const std::string message = ErrorOf({"mine", mark});
    EXPECT_EQ(message.find("mark 2 after event 0: '" + mark + "' makes no"), 0u)
        << "'" << mark << "': " << message;
  }
  for (const std::string end :
       {"powercut:end 1", "powercut:end 1 ", "powercut:end 1ok",
        "powercut:end x ok", "powercut:end  1 ok"}) {
    EXPECT_NE(ErrorOf({BeginMark(1), end}), "") << "'" << end << "'";
  }
}

TEST(History, OpsBeginInOrderOnceAndEndOnceAfterIt) {
  const std::string begin1 = BeginMark(1);
  const std::string begin2 = BeginMark(2);
  const std::string end1 = EndMark(1, "");
  const std::string end2 = EndMark(2, "EIO");
  EXPECT_EQ(ErrorOf({begin1, begin2, end1, end2}), "");
  EXPECT_EQ(ErrorOf({begin1, begin2, end2, end1}), "");
  EXPECT_EQ(ErrorOf({begin2}), "");
  for (const Marks& marks :
       {Marks{begin2, begin1}, Marks{begin1, begin1},
        Marks{begin1, end1, begin1}, Marks{end1}, Marks{end1, begin1},
        Marks{begin1, end2}, Marks{begin1, end1, end1},
        Marks{begin2, end2, end1}, Marks{kRunMark, kRunMark}}) {
    EXPECT_NE(ErrorOf(marks), "") << testing::PrintToString(marks);
  }
}

TEST(History, TheErrorNamesThePlace) {
  Trace trace = EmptyTrace(1);
  trace.AddMark(BeginMark(1));
  Write(trace, 0, {1}, Layer::kHost);
  trace.AddMark("user");
  trace.AddMark("powercut:end 2 ok");
  const auto history = HistoryOf(trace, 2);
  ASSERT_FALSE(history);
  EXPECT_EQ(history.error().message.find(
                "mark 3 after event 1: 'powercut:end 2 ok' makes no sense"),
            0u)
      << history.error().message;
}

// Returns what a model says about an empty volume, which tells models apart.
std::string WhatIsMissing(const Model& model) {
  std::string text = model.CompareLive({});
  for (const CrashKind kind : kCrashKinds) {
    for (const Violation& violation : model.Check({}, kind)) {
      text += "; " + std::to_string(static_cast<int>(violation.kind)) + " " +
              violation.path;
    }
  }
  return text;
}

TEST(ModelCursor, GoingBackIsAsGoodAsComingFromTheStart) {
  const auto workload = ParseWorkload(
      "powercut 1\nbackend simfs\ninit\n  create /a\nrun\n"
      "  create /b\n  fsync /b\n  create /c\n  fsync /c\n",
      "t.pcut");
  ASSERT_TRUE(workload) << workload.error().message;
  const Profile& profile = Profiles()[0];
  Trace trace = EmptyTrace(1);
  for (uint32_t op = 1; op <= 5; ++op) {
    trace.AddMark(BeginMark(op));
    trace.AddMark("user");
    trace.AddMark(EndMark(op, op == 3 ? "EIO" : ""));
    if (op == 1) trace.AddMark(kRunMark);
  }
  const auto history = HistoryOf(trace, 5);
  ASSERT_TRUE(history) << history.error().message;
  std::vector<std::string> expected;
  for (size_t count = 0; count <= history->size(); ++count) {
    ModelCursor fresh(*workload, profile, *history);
    fresh.MoveTo(count);
    expected.push_back(WhatIsMissing(fresh.model()));
  }
  EXPECT_NE(expected.front(), expected.back());
  ModelCursor cursor(*workload, profile, *history);
  Prng prng(1);
  for (int move = 0; move < 100; ++move) {
    const size_t count = prng.Below(history->size() + 1);
    cursor.MoveTo(count);
    ASSERT_EQ(WhatIsMissing(cursor.model()), expected[count]) << count;
  }
}

// Ops 1 and 2 overlap: while one of them has not returned, it is running.
TEST(OpRunningAt, TheReturnOfAnOpLeavesTheOthersRunning) {
  const std::vector<HistoryEvent> history = {
      {HistoryEvent::kBegin, 1, 1, ""}, {HistoryEvent::kBegin, 2, 2, ""},
      {HistoryEvent::kEnd, 3, 2, ""},   {HistoryEvent::kBegin, 4, 3, ""},
      {HistoryEvent::kEnd, 5, 1, ""},   {HistoryEvent::kEnd, 6, 3, ""}};
  const std::vector<uint32_t> expected = {0, 1, 2, 1, 3, 3, 0};
  for (EventNumber event = 1; event <= expected.size(); ++event) {
    EXPECT_EQ(OpRunningAt(history, event), expected[event - 1]) << event;
  }
}

}  // namespace
}  // namespace powercut
