#include "harness/import_log.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "harness/log_cursor.h"
#include "harness/trace_limits.h"
#include "harness/trace_marks.h"

namespace powercut {
namespace {

// The format does not say how big the disk was: as big as its entries need.
Result<DiskGeometry> GeometryOf(const Log& log) {
  DiskGeometry geometry{.sector_bytes = log.sector_bytes, .sector_count = 0};
  for (LogCursor cursor(log);;) {
    const bool at_entry = cursor.Next();
    if (at_entry && !IsMark(cursor.entry()) &&
        cursor.entry().sector_count > 0) {
      const LogEntry& entry = cursor.entry();
      geometry.sector_count =
          std::max(geometry.sector_count, entry.sector + entry.sector_count);
    }
    const std::string fault =
        GeometryFault(geometry.sector_bytes, geometry.sector_count);
    if (!fault.empty()) return cursor.Bad(fault);
    if (!at_entry) return geometry;
  }
}

Status AddEvent(const LogCursor& cursor, ScopeBudget& budget, Trace& trace) {
  const LogEntry& entry = cursor.entry();
  if ((entry.flags & LogEntry::kFlush) != 0) {
    trace.AddPersist(Layer::kMedia, nullptr, std::nullopt);
  }
  if (entry.sector_count == 0) return Ok{};
  const SectorRange range{.first = entry.sector, .count = entry.sector_count};
  if ((entry.flags & LogEntry::kDiscard) != 0) {
    trace.AddDiscard(range);
  } else {
    trace.AddWrite(range.first, entry.payload, Layer::kDevice);
  }
  if ((entry.flags & LogEntry::kFua) == 0) return Ok{};
  if (!budget.Take(range.count)) {
    return cursor.Bad("the log's FUA entries cover too many sectors");
  }
  SectorSet scope;
  scope.Add(range);
  trace.AddPersist(Layer::kMedia, &scope, std::nullopt);
  return Ok{};
}

}  // namespace

Result<LoadedTrace> ImportLog(const Log& log) {
  POWERCUT_ASSIGN(const DiskGeometry geometry, GeometryOf(log));
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  LogCursor cursor(log);
  ScopeBudget budget;
  while (cursor.Next()) {
    if (!IsMark(cursor.entry())) {
      POWERCUT_TRY(AddEvent(cursor, budget, trace));
      continue;
    }
    // A log of ours whose first mark is damaged must not pass as another's.
    if (cursor.text().starts_with(kTraceMark) ||
        cursor.text().starts_with(kEndMark)) {
      return cursor.Bad(
          "a powercut trace begins with `powercut:trace`, this log does not");
    }
    trace.AddMark(cursor.text());
  }
  return LoadedTrace{.trace = std::move(trace), .about = {}, .lint = log.lint};
}

}  // namespace powercut
