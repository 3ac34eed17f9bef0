// Stores a trace as a log of powercut's own.
//
// Events go into the log in their order. A write, a discard and a flush of the
// whole disk have an entry of the format that means the same. What the format
// cannot say becomes a mark: the layer of the writes that follow, and every
// persist that is not a flush of the whole disk. Texts that are too long for a
// mark are cut into several. The end mark has the count and the checksum of
// everything before it, so that a damaged file is never taken for a trace.
// docs/trace_file.md 8 shows the entries of a small trace.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "harness/block_log/builder.h"
#include "harness/block_log/limits.h"
#include "harness/block_log/trace_codec.h"
#include "harness/trace/marks.h"

namespace powercut {
namespace {

// Adds a text of any length as one mark, and as many continuation marks as the
// text needs.
void AddText(BlockLogBuilder& builder, std::string_view text) {
  const size_t limit = MarkTextLimit(builder.log().sector_bytes);
  builder.AddMark(std::string(text.substr(0, limit)));
  text.remove_prefix(std::min(limit, text.size()));
  while (!text.empty()) {
    const std::string_view part =
        text.substr(0, limit - kContinuationMark.size());
    builder.AddMark(std::string(kContinuationMark).append(part));
    text.remove_prefix(part.size());
  }
}

// The mark for a persist that is not a plain flush of the disk. Ranges keep the
// text short where a persist names thousands of sectors.
std::string PersistText(const Trace& trace, const DiskEvent& event) {
  std::string text = fmt::format("{}{} upto={}", kPersistMark,
                                 LayerName(event.layer), event.upto);
  if (!event.scope) return text + " all";
  text += " ranges=";
  std::string_view separator;
  trace.scope(event).ForEachRange([&](SectorRange range) {
    fmt::format_to(std::back_inserter(text), "{}{}+{}", separator, range.first,
                   range.count);
    separator = ",";
  });
  return text;
}

// Adds the marks that lie directly after event `number`. A user's mark that
// looks like one of powercut's own is escaped, so that decoding cannot take it
// for one.
void AddMarksBehind(BlockLogBuilder& builder, const Trace& trace,
                    EventNumber number, size_t& next_mark) {
  for (; next_mark < trace.marks().size() &&
         trace.marks()[next_mark].after == number;
       ++next_mark) {
    const std::string& text = trace.marks()[next_mark].text;
    AddText(builder,
            text.starts_with(kOurs) ? std::string(kUserMark) + text : text);
  }
}

// Adds everything before event 1: geometry, where the trace comes from, and the
// base.
void AddFront(BlockLogBuilder& builder, const Trace& trace,
              const TraceAbout& about) {
  const DiskGeometry& geometry = trace.geometry();
  AddText(builder,
          fmt::format("{}{} sector={} sectors={}", kTraceMark, kTraceVersion,
                      geometry.sector_bytes, geometry.sector_count));
  if (!about.backend.empty()) {
    AddText(builder, fmt::format("{}backend {}", kAboutMark, about.backend));
  }
  if (!about.pcut.empty()) {
    AddText(builder, fmt::format("{}pcut {}", kAboutMark, about.pcut));
  }
  if (!about.origin.empty()) {
    AddText(builder, fmt::format("{}origin {}", kAboutMark, about.origin));
  }
  if (about.program_end) {
    AddText(builder,
            fmt::format("{}program-end {}", kAboutMark, *about.program_end));
  }
  if (!about.writeback.empty()) {
    AddText(builder,
            fmt::format("{}writeback {}", kAboutMark, about.writeback));
  }
  if (!about.looks.empty()) {
    AddText(builder, fmt::format("{}looks {}", kAboutMark, about.looks));
  }
  if (!about.profile.empty()) {
    AddText(builder, fmt::format("{}profile {}", kAboutMark, about.profile));
  }
  if (!about.calls.empty()) {
    AddText(builder, fmt::format("{}calls {}", kAboutMark, about.calls));
  }
  builder.AddImage(trace.base());
  AddText(builder, kBaseEndMark);
}

// Adds one event. `layer` is the layer of the write that was added last; a mark
// is added only where the layer changes.
void AddEvent(BlockLogBuilder& builder, const Trace& trace, EventNumber number,
              Layer& layer) {
  const DiskEvent& event = trace.event(number);
  switch (event.kind) {
    case DiskEvent::kWrite:
      if (event.layer != layer) {
        layer = event.layer;
        AddText(builder, fmt::format("{}{}", kLayerMark, LayerName(layer)));
      }
      builder.AddWrite(event.range.first, trace.data(event));
      break;
    case DiskEvent::kPersist:
      // A flush of the format covers everything before it, which is only this
      // persist.
      if (event.layer == Layer::kMedia && !event.scope &&
          event.upto == number) {
        builder.AddFlush();
      } else {
        AddText(builder, PersistText(trace, event));
      }
      break;
    case DiskEvent::kDiscard:
      builder.AddDiscard(event.range);
      break;
  }
}

}  // namespace

std::string StorageProblem(const Trace& trace) {
  const DiskGeometry& geometry = trace.geometry();
  std::string fault =
      GeometryProblem(geometry.sector_bytes, geometry.sector_count);
  if (!fault.empty()) return fault;
  ScopeBudget budget;
  for (EventNumber i = 1; i <= trace.event_count(); ++i) {
    const DiskEvent& event = trace.event(i);
    if (event.scope && !budget.Take(trace.scope(event).size())) {
      return "its persist events name too many sectors to be stored";
    }
  }
  return "";
}

BlockLog EncodeTrace(const Trace& trace, const TraceAbout& about) {
  BlockLogBuilder builder(trace.geometry().sector_bytes);
  AddFront(builder, trace, about);
  // The decoder begins with the same layer, so that the log of a trace which
  // writes only at the device has no layer marks.
  Layer layer = Layer::kDevice;
  size_t next_mark = 0;
  AddMarksBehind(builder, trace, 0, next_mark);
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    AddEvent(builder, trace, number, layer);
    AddMarksBehind(builder, trace, number, next_mark);
  }
  // The checksum is taken of the bytes as they will be in the file. The
  // superblock is left out of it (EndMarkText), since its count still changes.
  const BlockLog& log = builder.log();
  builder.AddMark(
      EndMarkText(log.entries.size(), WriteBlockLog(log), log.sector_bytes));
  return std::move(builder).Finish();
}

}  // namespace powercut
