// Goes over the events from the end, since the event after a row of writes says
// whether the row is a call.

#include "harness/space/explored_points.h"

namespace powercut {
namespace {

bool IsWriteOfProcess(const DiskEvent& event) {
  return event.kind == DiskEvent::kWrite && event.layer == Layer::kProcess;
}

bool ComesToHost(const DiskEvent& event) {
  return event.kind == DiskEvent::kPersist && event.layer == Layer::kHost;
}

}  // namespace

ExploredPoints::ExploredPoints(const Trace& trace, bool finishes_calls)
    : in_call_(trace.event_count() + 1) {
  if (!finishes_calls) return;
  std::vector<bool> marked(trace.event_count() + 1);
  for (const Mark& mark : trace.marks()) marked[mark.after] = true;
  bool in_call = false;
  for (EventNumber number = trace.event_count(); number > 0; --number) {
    const DiskEvent& event = trace.event(number);
    const bool goes_on = IsWriteOfProcess(event) && !marked[number];
    in_call_[number] = in_call && goes_on;
    in_call = ComesToHost(event) || in_call_[number];
  }
}

}  // namespace powercut
