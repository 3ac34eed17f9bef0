// Takes the events and the marks of a trace one by one. Events beyond the bound
// are summed up in groups of equal size, so that a report of a long recording
// stays small and still shows where it wrote and where it flushed.

#include "harness/cli/report/timeline.h"

#include <algorithm>
#include <utility>

#include "harness/judge/crash_points.h"
#include "harness/trace/acks.h"
#include "harness/trace/op_history.h"

namespace powercut {
namespace {

char KindOf(const DiskEvent& event) {
  switch (event.kind) {
    case DiskEvent::kWrite:
      return 'w';
    case DiskEvent::kDiscard:
      return 'd';
    case DiskEvent::kPersist:
      break;
  }
  return event.scope ? 'p' : 'f';
}

// The first letter of LayerName(): process, host, device or media.
char LayerOf(const DiskEvent& event) { return LayerName(event.layer)[0]; }

void AddEvents(const Trace& trace, Timeline& timeline) {
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    const DiskEvent& event = trace.event(number);
    timeline.kinds += KindOf(event);
    timeline.layers += LayerOf(event);
    if (event.kind == DiskEvent::kPersist) {
      timeline.first.push_back(event.upto);
      timeline.count.push_back(event.scope ? trace.scope(event).size() : 0);
    } else {
      timeline.first.push_back(event.range.first);
      timeline.count.push_back(event.range.count);
    }
  }
}

void AddGroups(const Trace& trace, Timeline& timeline) {
  const EventNumber count = trace.event_count();
  timeline.step = static_cast<uint32_t>((count + kTimelineGroupsMax - 1) /
                                        kTimelineGroupsMax);
  for (EventNumber begin = 1; begin <= count; begin += timeline.step) {
    const EventNumber end = std::min(begin + timeline.step, count + 1);
    uint64_t writes = 0;
    uint64_t flushes = 0;
    std::optional<SectorRange> hull;
    for (EventNumber number = begin; number < end; ++number) {
      const DiskEvent& event = trace.event(number);
      if (event.kind == DiskEvent::kPersist) {
        flushes += !event.scope && event.layer == Layer::kMedia ? 1 : 0;
        continue;
      }
      ++writes;
      const SectorRange range = hull.value_or(event.range);
      const uint64_t first = std::min(range.first, event.range.first);
      hull = {first, std::max(range.end(), event.range.end()) - first};
    }
    timeline.writes.push_back(writes);
    timeline.flushes.push_back(flushes);
    timeline.first.push_back(hull ? hull->first : 0);
    timeline.count.push_back(hull ? hull->count : 0);
  }
}

std::string Cut(std::string_view text) {
  if (text.size() <= kTimelineTextBytesMax) return std::string(text);
  return std::string(text.substr(0, kTimelineTextBytesMax)) + "...";
}

void AddNote(std::vector<TimelineNote>& notes, EventNumber after,
             std::string_view text, Timeline& timeline) {
  if (notes.size() < kTimelineNotesMax) {
    notes.push_back({after, Cut(text)});
  } else {
    ++timeline.left_out;
  }
}

void AddOp(TimelineOp op, Timeline& timeline) {
  if (timeline.ops.size() >= kTimelineNotesMax) {
    ++timeline.left_out;
    return;
  }
  op.text = Cut(op.text);
  timeline.ops.push_back(std::move(op));
}

// Ops of the history, and the faults.
void AddHistory(const RecordedRun& run, Timeline& timeline) {
  for (const HistoryEvent& event : run.recording.history) {
    if (event.kind == HistoryEvent::kFault) {
      AddNote(timeline.faults, event.after, event.fault_text, timeline);
    }
    if (event.kind == HistoryEvent::kBegin) {
      const Op& op = run.workload.OpNumber(event.op);
      AddOp({event.op, op.line, OpText(op), event.after, {}, ""}, timeline);
    }
    if (event.kind != HistoryEvent::kEnd) continue;
    const auto op =
        std::ranges::lower_bound(timeline.ops, event.op, {}, &TimelineOp::op);
    if (op == timeline.ops.end() || op->op != event.op) continue;
    op->end = event.after;
    op->error = event.error;
  }
}

// The calls of a program among the acks, which are calls as well, without a
// text.
void AddCalls(std::span<const ProgramCall> calls, Timeline& timeline) {
  EventNumber begin = 0;
  for (const ProgramCall& call : calls) {
    if (!call.text.empty()) {
      AddOp({0, 0, call.text, begin, call.after, ""}, timeline);
    }
    begin = call.after;
  }
}

}  // namespace

Timeline TimelineOf(const RecordedRun& run,
                    std::span<const ProgramCall> calls) {
  const Trace& trace = run.trace();
  Timeline timeline;
  timeline.sector_bytes = trace.geometry().sector_bytes;
  timeline.sectors = trace.geometry().sector_count;
  const auto points = CrashPointsOf(run.recording);
  timeline.run = points.empty() ? 0 : points.front().after;
  if (trace.event_count() <= kTimelineEventsMax) {
    AddEvents(trace, timeline);
  } else {
    AddGroups(trace, timeline);
  }
  AddHistory(run, timeline);
  AddCalls(calls, timeline);
  size_t acks = AcksUpTo(trace, trace.event_count()).size();
  for (const Mark& mark : trace.marks()) {
    const auto ack = AckOf(mark);
    if (!ack || acks == 0) continue;
    --acks;
    AddNote(timeline.acks, mark.after, *ack, timeline);
  }
  return timeline;
}

}  // namespace powercut
