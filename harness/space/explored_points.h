// ExploredPoints: after which events of a trace a crash of a kind is explored.

#ifndef POWERCUT_HARNESS_SPACE_EXPLORED_POINTS_H_
#define POWERCUT_HARNESS_SPACE_EXPLORED_POINTS_H_

#include <vector>

#include "harness/base/crash_kind.h"
#include "harness/trace/trace.h"

namespace powercut {

class ExploredPoints {
 public:
  // `finishes_calls` says whether the writes of the trace are those of a kernel
  // that goes on when the process dies (BackendTraits::finishes_calls). Then a
  // crash of the process leaves the whole of a call or nothing, and the points
  // within calls are not explored.
  //
  // A call is a row of writes at the process that the event after the row
  // carries to the host, with no mark in between: nothing returned meanwhile.
  // What stays at the process beyond that is in no call, and can be lost.
  // O(events + marks).
  ExploredPoints(const Trace& trace, bool finishes_calls);

  // Whether crashes of this kind after `after` events are explored.
  // Requires: the trace has that many events.
  bool Has(CrashKind kind, EventNumber after) const {
    return kind != CrashKind::kProcess || !in_call_[after];
  }

 private:
  // By number of events, from 0 to all.
  std::vector<bool> in_call_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_EXPLORED_POINTS_H_
