// Walks the history of a recording along its disk events, so that each crash
// point gets the marks that lie there.

#include "harness/judge/crash_points.h"

#include <algorithm>
#include <limits>

#include "harness/trace/acks.h"
#include "harness/trace/marks.h"

namespace powercut {

std::vector<CrashPoint> CrashPointsOf(const Recording& recording,
                                      bool strictest) {
  const auto& history = recording.history;
  // Crashes begin at the `run` mark. A trace that has none begins at event 0.
  size_t run_at = 0;
  EventNumber run_after = 0;
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].kind != HistoryEvent::kRun) continue;
    run_at = i + 1;
    run_after = history[i].after;
  }
  std::vector<CrashPoint> crash_points;
  size_t passed = 0;
  for (EventNumber point = 0; point <= recording.trace.event_count(); ++point) {
    // `passed` counts the marks before this point; those that lie here come
    // next.
    CrashPoint crash_point{point, passed, passed, passed};
    while (passed < history.size() && history[passed].after == point) {
      ++passed;
    }
    crash_point.history_max = passed;
    crash_point.history_min =
        strictest ? passed : std::max(crash_point.history_min, run_at);
    if (point >= run_after) crash_points.push_back(crash_point);
  }
  return crash_points;
}

size_t HistoryOfCut(const Workload& workload,
                    const std::vector<HistoryEvent>& history) {
  const size_t ops = workload.init.size() + workload.cut;
  for (size_t i = 0; i < history.size(); ++i) {
    const bool init_over =
        workload.cut == 0 && history[i].kind == HistoryEvent::kRun;
    const bool returned = history[i].kind == HistoryEvent::kEnd &&
                          history[i].op == ops && workload.cut > 0;
    if (init_over || returned) return i + 1;
  }
  return history.size();
}

size_t HistoryOfFirstAck(const Trace& trace) {
  // A history has one event for each mark.
  const std::vector<Mark>& marks = trace.marks();
  for (size_t i = 0; i < marks.size(); ++i) {
    if (AckOf(marks[i]) && marks[i].text != kKernelEndMark) return i + 1;
  }
  return std::numeric_limits<size_t>::max();
}

}  // namespace powercut
