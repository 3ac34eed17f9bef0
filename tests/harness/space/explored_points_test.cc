// At which moments of a trace the death of a process is explored, where a
// kernel finishes the calls of processes.

#include "harness/space/explored_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

using testing::ElementsAre;

void CarryToHost(Trace& trace, SectorRange range) {
  SectorSet scope;
  scope.Add(range);
  trace.AddPersist(Layer::kHost, &scope, std::nullopt);
}

// The numbers of events after which crashes of a kind are explored.
std::vector<EventNumber> Explored(const Trace& trace, CrashKind kind,
                                  bool finishes_calls = true) {
  const ExploredPoints explored(trace, finishes_calls);
  std::vector<EventNumber> points;
  for (EventNumber after = 0; after <= trace.event_count(); ++after) {
    if (explored.Has(kind, after)) points.push_back(after);
  }
  return points;
}

// Two calls: one of two writes, and one of one write.
Trace TwoCalls() {
  Trace trace = EmptyTrace(64);
  Write(trace, 1, {1}, Layer::kProcess);
  Write(trace, 2, {2}, Layer::kProcess);
  CarryToHost(trace, {1, 2});
  Write(trace, 3, {3}, Layer::kProcess);
  CarryToHost(trace, {3, 1});
  return trace;
}

TEST(ExploredPointsTest, AProcessDoesNotDieWithinACall) {
  const Trace trace = TwoCalls();
  EXPECT_THAT(Explored(trace, CrashKind::kProcess), ElementsAre(0, 3, 5));
  EXPECT_THAT(Explored(trace, CrashKind::kProcess, false),
              ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Explored(trace, CrashKind::kOs), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(Explored(trace, CrashKind::kPower),
              ElementsAre(0, 1, 2, 3, 4, 5));
}

// What the storage leaves at the process although the call has returned is in
// no call: storage that forgets to carry it must be caught.
TEST(ExploredPointsTest, WhatReturnedIsInNoCall) {
  Trace marked = EmptyTrace(64);
  Write(marked, 1, {1}, Layer::kProcess);
  marked.AddMark("returned");
  Write(marked, 2, {2}, Layer::kProcess);
  CarryToHost(marked, {1, 2});
  EXPECT_THAT(Explored(marked, CrashKind::kProcess), ElementsAre(0, 1, 3));

  Trace last = EmptyTrace(64);
  Write(last, 1, {1}, Layer::kProcess);
  Write(last, 2, {2}, Layer::kProcess);
  last.AddMark("returned");
  CarryToHost(last, {1, 2});
  EXPECT_THAT(Explored(last, CrashKind::kProcess), ElementsAre(0, 1, 2, 3));

  Trace kept = EmptyTrace(64);
  Write(kept, 1, {1}, Layer::kProcess);
  Write(kept, 2, {2}, Layer::kDevice);
  kept.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  Write(kept, 3, {3}, Layer::kProcess);
  EXPECT_THAT(Explored(kept, CrashKind::kProcess), ElementsAre(0, 1, 2, 3, 4));
}

}  // namespace
}  // namespace powercut
