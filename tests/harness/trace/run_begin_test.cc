// Tests where crashes begin in a recording without ops: marks found by their
// names, and marks that move.

#include "harness/trace/run_begin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "harness/trace/acks.h"
#include "harness/trace/marks.h"

namespace powercut {
namespace {

using Texts = std::vector<std::string_view>;

std::string ErrorOf(const Texts& texts, std::string_view name) {
  const auto found = FindMark(texts, name);
  return found ? "" : found.error().message;
}

TEST(RunBeginTest, MarksAreFoundByTheirText) {
  const Texts texts = {"mkfs", "1", "2", "1", "2#1", "1"};
  EXPECT_EQ(FindMark(texts, "mkfs")->index, 0u);
  EXPECT_EQ(FindMark(texts, "1")->index, 1u);
  EXPECT_EQ(FindMark(texts, "1")->occurrences, 3u);
  EXPECT_EQ(FindMark(texts, "1#1")->index, 1u);
  EXPECT_EQ(FindMark(texts, "1#3")->index, 5u);
  EXPECT_EQ(FindMark(texts, "1#3")->occurrence, 3u);
  // A mark with this very text comes before a number.
  EXPECT_EQ(FindMark(texts, "2#1")->index, 4u);
  EXPECT_EQ(FindMark(texts, "2#1#1")->index, 4u);
}

TEST(RunBeginTest, MissingMarksNameThoseThatThereAre) {
  const Texts texts = {"mkfs", "1", "1", "end\n"};
  EXPECT_EQ(ErrorOf(texts, "nosuch"),
            "--from 'nosuch': there is no such mark; the marks are mkfs, 1 (2 "
            "times), end?");
  for (const char* name : {"1#3", "1#0", "1#", "1#x", "#1", "", "mkfs#2"}) {
    EXPECT_NE(ErrorOf(texts, name), "") << name;
  }
  EXPECT_EQ(ErrorOf({}, "a"),
            "--from 'a': there is no such mark; the recording has no marks");
  const std::vector<std::string> many = {"a", "b", "c", "d", "e", "f",
                                         "g", "h", "i", "j", "k", "l"};
  EXPECT_THAT(ErrorOf(Texts(many.begin(), many.end()), "z"),
              testing::EndsWith("j, and more (`powercut show` lists them)"));
  EXPECT_LT(ErrorOf(texts, std::string(1 << 20, 'x')).size(), 200u);
}

Trace EmptyTrace() {
  const DiskGeometry geometry{512, 16};
  return Trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
}

// Two acks, each after a write, and a flush at the end.
Trace TwoAcks() {
  Trace trace = EmptyTrace();
  const Bytes sector(512, std::byte{1});
  trace.AddMark(kRunMark);
  trace.AddWrite(1, sector, Layer::kDevice);
  trace.AddMark(LineMark("set up"));
  trace.AddWrite(2, sector, Layer::kDevice);
  trace.AddMark("last");
  trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  trace.AddMark(kKernelEndMark);
  return trace;
}

TEST(RunBeginTest, CrashesBeginAtTheMark) {
  const Trace trace = TwoAcks();
  auto history = *HistoryOf(trace, 0);
  ASSERT_TRUE(BeginRunAt(trace, "set up", history));
  ASSERT_EQ(history.size(), 4u);
  EXPECT_EQ(history[0].kind, HistoryEvent::kUser);
  EXPECT_EQ(history[1].kind, HistoryEvent::kRun);
  EXPECT_EQ(history[1].after, 1u);
  EXPECT_EQ(history[2].kind, HistoryEvent::kUser);
  // From there, one can only go on.
  ASSERT_TRUE(BeginRunAt(trace, "last", history));
  EXPECT_EQ(history[1].kind, HistoryEvent::kUser);
  EXPECT_EQ(history[2].kind, HistoryEvent::kRun);
  const auto back = BeginRunAt(trace, "set up", history);
  ASSERT_FALSE(back);
  EXPECT_THAT(back.error().message,
              testing::HasSubstr("begins its crashes later, after event 2"));
  EXPECT_FALSE(BeginRunAt(trace, std::string(kKernelEndMark), history));
}

TEST(RunBeginTest, TheLastRunMarkIsLeft) {
  Trace trace = TwoAcks();
  const Bytes sector(512, std::byte{2});
  SectorSet scope;
  scope.Add({3, 1});
  trace.AddWrite(3, sector, Layer::kHost);
  trace.AddMark(kRunMark);
  trace.AddPersist(Layer::kDevice, &scope, EventNumber{3});
  trace.AddDiscard({4, 2});
  trace.AddMark(LineMark("end"));
  const Trace copy = WithLastRunMark(trace);
  EXPECT_EQ(copy.Digest(), trace.Digest());
  ASSERT_EQ(copy.event_count(), trace.event_count());
  for (EventNumber n = 1; n <= trace.event_count(); ++n) {
    EXPECT_EQ(copy.event(n), trace.event(n)) << n;
  }
  std::vector<Mark> marks = trace.marks();
  marks.erase(marks.begin());
  EXPECT_EQ(copy.marks(), marks);
}

}  // namespace
}  // namespace powercut
