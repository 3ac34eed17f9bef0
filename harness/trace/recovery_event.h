// RecoveryEvent: what one recovery did to its disk, as a value of its own: the
// events of harness/trace/trace.h, numbered from 1 in their order.

#ifndef POWERCUT_HARNESS_TRACE_RECOVERY_EVENT_H_
#define POWERCUT_HARNESS_TRACE_RECOVERY_EVENT_H_

#include <optional>

#include "harness/base/bytes.h"
#include "harness/trace/trace.h"

namespace powercut {

struct RecoveryEvent {
  DiskEvent::Kind kind = DiskEvent::kWrite;
  // As in DiskEvent.
  Layer layer = Layer::kHost;
  // kWrite, kDiscard.
  SectorRange range;
  Bytes data;  // kWrite: range.count sectors
  // kPersist: the last event whose versions it carries; <= its own number.
  EventNumber upto = 0;
  // kPersist: nothing for all sectors.
  std::optional<SectorSet> scope;

  bool operator==(const RecoveryEvent&) const = default;
};

// Appends one. A trace over the crash image to which all events of a recovery
// are appended in order is what recovery did.
// Requires: as Trace's Add functions; `upto` counts from the trace's event 1.
void AddEvent(const RecoveryEvent& event, Trace& trace);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_RECOVERY_EVENT_H_
