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

// A text of any length, in as many marks as it needs.
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

// What stands in front of the first event.
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
  builder.AddImage(trace.base());
  AddText(builder, kBaseEndMark);
}

// `layer` is that of the last write added.
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
  Layer layer = Layer::kDevice;
  size_t next_mark = 0;
  AddMarksBehind(builder, trace, 0, next_mark);
  for (EventNumber number = 1; number <= trace.event_count(); ++number) {
    AddEvent(builder, trace, number, layer);
    AddMarksBehind(builder, trace, number, next_mark);
  }
  const BlockLog& log = builder.log();
  builder.AddMark(
      EndMarkText(log.entries.size(), WriteBlockLog(log), log.sector_bytes));
  return std::move(builder).Finish();
}

}  // namespace powercut
