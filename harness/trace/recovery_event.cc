// Recovery events go through the functions with which a recording is made, so
// that both obey the same rules.

#include "harness/trace/recovery_event.h"

namespace powercut {

void AddEvent(const RecoveryEvent& event, Trace& trace) {
  switch (event.kind) {
    case DiskEvent::kWrite:
      trace.AddWrite(event.range.first, event.data, event.layer);
      break;
    case DiskEvent::kPersist:
      trace.AddPersist(event.layer, event.scope ? &*event.scope : nullptr,
                       event.upto);
      break;
    case DiskEvent::kDiscard:
      trace.AddDiscard(event.range);
      break;
  }
}

}  // namespace powercut
