// Crash points: the moments of a recording at which the power may go.

#ifndef POWERCUT_HARNESS_JUDGE_CRASH_POINTS_H_
#define POWERCUT_HARNESS_JUDGE_CRASH_POINTS_H_

#include <cstddef>
#include <vector>

#include "harness/record/recording.h"

namespace powercut {

// A place between two disk events of a recording. No event lies there, but
// marks may: ops begin and return, acks are written. So the crash has one crash
// space, and may have several histories.
struct CrashPoint {
  // The number of disk events before the crash: N of the id `N.M`.
  EventNumber after = 0;
  // The shortest and the longest history that a crash here is judged with, as
  // lengths of Recording::history.
  size_t history_min = 0;
  size_t history_max = 0;
  // The history's length before any mark of this point. The M of an id `N.M`
  // counts marks from here.
  size_t history_base = 0;
};

// The crash points of a recording, from the `run` mark to the end, in order.
// If `strictest`, each point has one history only, the one with all its marks:
// a check command runs once a point, with all acks that were written there.
std::vector<CrashPoint> CrashPointsOf(const Recording& recording,
                                      bool strictest = false);

// The length of the history from which on the conditions of a workload hold:
// the op before `cut` has returned.
size_t HistoryOfCut(const Workload& workload,
                    const std::vector<HistoryEvent>& history);

// The length of the shortest history with an ack of a recorded program, more
// than any length if the program wrote none. The mark with which the kernel
// ends a log is no ack here, as in AcksUpTo(). O(marks).
size_t HistoryOfFirstAck(const Trace& trace);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_CRASH_POINTS_H_
