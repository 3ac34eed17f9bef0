// From which mark on the conditions of a workload hold: from the return of the
// op before `cut`, or from `run` if no op comes before `cut`.

#include "harness/judge/crash_points.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace powercut {
namespace {

using Kind = HistoryEvent::Kind;

std::vector<HistoryEvent> HistoryOf(
    const std::vector<std::pair<Kind, uint32_t>>& marks) {
  std::vector<HistoryEvent> history;
  for (const auto& [kind, op] : marks) {
    HistoryEvent& event = history.emplace_back();
    event.kind = kind;
    event.op = op;
  }
  return history;
}

Workload WorkloadOfOps(size_t init, size_t run) {
  Workload workload;
  workload.init.resize(init);
  workload.run.resize(run);
  return workload;
}

TEST(HistoryOfCutTest, EndsWithTheReturnOfTheOpBeforeTheCut) {
  Workload workload = WorkloadOfOps(2, 3);
  // The ops 4 and 5 overlap, and op 5 returns first.
  const std::vector<HistoryEvent> history = HistoryOf({{Kind::kBegin, 1},
                                                       {Kind::kEnd, 1},
                                                       {Kind::kFault, 0},
                                                       {Kind::kBegin, 2},
                                                       {Kind::kEnd, 2},
                                                       {Kind::kRun, 0},
                                                       {Kind::kUser, 0},
                                                       {Kind::kBegin, 3},
                                                       {Kind::kFault, 0},
                                                       {Kind::kEnd, 3},
                                                       {Kind::kBegin, 4},
                                                       {Kind::kBegin, 5},
                                                       {Kind::kEnd, 5},
                                                       {Kind::kEnd, 4}});
  const std::vector<size_t> kLengths = {6, 10, 14, 13};
  for (size_t cut = 0; cut < kLengths.size(); ++cut) {
    workload.cut = static_cast<decltype(workload.cut)>(cut);
    EXPECT_EQ(HistoryOfCut(workload, history), kLengths[cut]) << cut;
  }
}

TEST(HistoryOfCutTest, WithoutThatReturnItIsTheWhole) {
  Workload workload = WorkloadOfOps(1, 1);
  const std::vector<HistoryEvent> history =
      HistoryOf({{Kind::kBegin, 1}, {Kind::kEnd, 1}, {Kind::kUser, 0}});
  for (const int cut : {0, 1}) {
    workload.cut = static_cast<decltype(workload.cut)>(cut);
    EXPECT_EQ(HistoryOfCut(workload, history), history.size()) << cut;
  }
}

}  // namespace
}  // namespace powercut
