// RecoveryEvent: one change that a recovery made to its disk. It holds its own
// bytes and sectors, unlike DiskEvent, so that it can travel from a worker to
// its parent. The events of one recovery are numbered from 1 in their order.

#ifndef POWERCUT_HARNESS_TRACE_RECOVERY_EVENT_H_
#define POWERCUT_HARNESS_TRACE_RECOVERY_EVENT_H_

#include <optional>

#include "harness/base/bytes.h"
#include "harness/trace/trace.h"

namespace powercut {

struct RecoveryEvent {
  DiskEvent::Kind kind = DiskEvent::kWrite;
  // Means what it means in DiskEvent.
  Layer layer = Layer::kHost;
  // The sectors. For kWrite and kDiscard.
  SectorRange range;
  // The content, range.count sectors. For kWrite.
  Bytes data;
  // The last event whose versions are carried, at most the event's own number.
  // For kPersist.
  EventNumber upto = 0;
  // The sectors that are carried; `std::nullopt` means all. For kPersist.
  std::optional<SectorSet> scope;

  bool operator==(const RecoveryEvent&) const = default;
};

// Appends an event to a trace. If all events of a recovery are appended in
// order to a trace whose base is the crash image, that trace is the recording
// of the recovery.
// Requires: what Trace's Add functions require; `upto` counts from the trace's
// event 1.
void AddEvent(const RecoveryEvent& event, Trace& trace);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_RECOVERY_EVENT_H_
