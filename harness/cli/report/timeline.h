// Timeline: a recording as a report keeps it, to be drawn: the kinds and the
// places of disk events, and the ops, acks and faults among them. Contents are
// left out.

#ifndef POWERCUT_HARNESS_CLI_REPORT_TIMELINE_H_
#define POWERCUT_HARNESS_CLI_REPORT_TIMELINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "harness/cli/input/recorded_calls.h"
#include "harness/record/recorded_run.h"

namespace powercut {

// The most events that are kept one by one, and into how many groups at most
// more events are summed up.
inline constexpr size_t kTimelineEventsMax = 100'000;
inline constexpr size_t kTimelineGroupsMax = 10'000;
// The most ops, acks and faults that are kept, each, and the most bytes of the
// text of one.
inline constexpr size_t kTimelineNotesMax = 20'000;
inline constexpr size_t kTimelineTextBytesMax = 160;

// An op of a workload, or a call of a recorded program.
struct TimelineOp {
  uint32_t op = 0;  // 0 for a call
  int line = 0;     // in the `.pcut` file; 0 for a call
  std::string text;
  // The number of disk events when it began and when it had returned;
  // `std::nullopt` if it never did. A call is taken to begin when the call
  // before it had returned.
  EventNumber begin = 0;
  std::optional<EventNumber> end;
  std::string error;  // empty if it succeeded

  bool operator==(const TimelineOp&) const = default;
};

// An ack or a fault: a text after some disk events.
struct TimelineNote {
  EventNumber after = 0;
  std::string text;

  bool operator==(const TimelineNote&) const = default;
};

struct Timeline {
  uint32_t sector_bytes = 0;
  uint64_t sectors = 0;  // of the disk
  // The events before the first crash point.
  EventNumber run = 0;
  // How many events one place of the lists below stands for: 1, unless there
  // are more than kTimelineEventsMax.
  uint32_t step = 1;
  // If `step` is 1, one character for each event: `w` a write, `d` a discard,
  // `p` a persist of some sectors, `f` a persist of the whole disk; and the
  // layer, `p` the process, `h` the host, `d` the device, `m` the media.
  std::string kinds;
  std::string layers;
  // If `step` is 1: the first sector of a write or discard, and for a persist
  // the last event that it carries; and how many sectors the event concerns, 0
  // for all. If `step` is more: the lowest sector that a write or discard of
  // the group has, and the sectors from it to the highest one, 0 if there are
  // none.
  std::vector<uint64_t> first;
  std::vector<uint64_t> count;
  // How many writes and discards, and how many persists of the whole disk to
  // the media, there are in each group. Empty if `step` is 1.
  std::vector<uint64_t> writes;
  std::vector<uint64_t> flushes;
  std::vector<TimelineOp> ops;     // in the order in which they began
  std::vector<TimelineNote> acks;  // in the order of the trace
  std::vector<TimelineNote> faults;
  // How many ops, acks and faults are left out because of kTimelineNotesMax.
  uint64_t left_out = 0;

  bool operator==(const Timeline&) const = default;
};

// The events, ops, acks and faults of a recording. `calls` are those of a
// recorded program, in their order; empty if they are not known. O(events and
// marks and calls).
Timeline TimelineOf(const RecordedRun& run, std::span<const ProgramCall> calls);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_REPORT_TIMELINE_H_
