// Contexts are numbered from 1 in the order of the points. A new one begins
// with the first point at which a line of the program is new (an ack or an
// attempt), or a new window begins.
//
// Example: 1,000 appends that are each flushed make 6,000 events. With an ack
// after every fourth append there are 250 contexts; with none there are 23, and
// a recovery looks for some 50 versions of the file's size at most, not for
// 1,000.

#include "harness/explore/run_contexts.h"

#include <utility>

#include "harness/record/oracle.h"
#include "harness/trace/acks.h"

namespace powercut {
namespace {

bool FlushesToMedia(const DiskEvent& event) {
  return event.kind == DiskEvent::kPersist && event.layer == Layer::kMedia;
}

}  // namespace

RunContexts::RunContexts(const RecordedRun& run) {
  if (!HasCommand(run.setting.oracle)) return;
  const Trace& trace = run.trace();
  const std::vector<uint32_t> lines = LineCounts(trace);
  const bool windows = run.backend.traits().reads_less_if_bounded;
  std::vector<uint32_t> numbers{1};
  EventNumber window_begin = 0;
  for (EventNumber point = 1; point <= trace.event_count(); ++point) {
    const bool cut = windows && point - window_begin >= kWindowEvents &&
                     FlushesToMedia(trace.event(point));
    if (cut) window_begin = point;
    const bool begins = cut || lines[point] != lines[point - 1];
    numbers.push_back(numbers.back() + (begins ? 1 : 0));
  }
  std::vector<EventNumber> last_points(numbers.size(), trace.event_count());
  for (EventNumber point = trace.event_count(); point-- > 0;) {
    last_points[point] =
        numbers[point] == numbers[point + 1] ? last_points[point + 1] : point;
  }
  numbers_ = std::make_shared<const std::vector<uint32_t>>(std::move(numbers));
  last_points_ =
      std::make_shared<const std::vector<EventNumber>>(std::move(last_points));
}

ContextOf RunContexts::context_of() const {
  if (numbers_ == nullptr) return {};
  return [numbers = numbers_](const CrashState& state) {
    return uint64_t{(*numbers)[state.point]};
  };
}

}  // namespace powercut
