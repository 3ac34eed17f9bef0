// Decodes each record of the trace once and turns what it needs around: from a
// record to those that need it.
//
// Example: under a journal, event 4 makes the name /log/today and event 6
// renames /d/new to /d/f, and record 6 needs record 4. A crash that loses event
// 4 leaves the old /d/f, although event 6 is on the disk: 6 follows 4.

#include "backends/simfs/record_followers.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "backends/simfs/record.h"

namespace powercut::simfs {

struct RecordFollowers::Reading {
  struct DataWrite {
    EventNumber event = 0;
    uint64_t content = 0;
  };

  std::map<RecordNumber, WrittenSector> places;
  // What was written into each sector that is of no record, in order.
  std::map<uint64_t, std::vector<DataWrite>> writes;
  // The conditions, each with its record.
  std::vector<std::pair<SectorCondition, WrittenSector>> conditions;
};

RecordFollowers::RecordFollowers(const Trace& trace) {
  Reading reading;
  const uint64_t sector_bytes = trace.geometry().sector_bytes;
  for (EventNumber n = 1; n <= trace.event_count(); ++n) {
    const DiskEvent& event = trace.event(n);
    if (event.kind != DiskEvent::kWrite) continue;
    // An event holds data, or records one after the other.
    for (uint64_t s = event.range.first; s < event.range.end();) {
      const uint64_t skipped = (s - event.range.first) * sector_bytes;
      const auto stored = DecodeRecord(trace.data(event).subspan(skipped),
                                       /*nonce=*/0, s, /*checked=*/false);
      if (stored) {
        ends_[{n, s}] = s + stored->sectors;
        Add(stored->record, {n, s}, reading);
      } else {
        reading.writes[s].push_back(
            {n, ContentOf(trace.data(event).subspan(skipped, sector_bytes))});
      }
      s += stored ? stored->sectors : 1;
    }
  }
  AddConditions(reading);
}

void RecordFollowers::Add(const Record& record, const WrittenSector& at,
                          Reading& reading) {
  reading.places[record.number] = at;
  const auto add = [&](auto& lists, RecordNumber number) {
    const auto known = reading.places.find(number);
    if (known != reading.places.end()) lists[known->second].push_back(at);
  };
  for (const RecordNumber number : record.needs) add(needed_by_, number);
  for (const SectorCondition& condition : record.conditions) {
    reading.conditions.emplace_back(condition, at);
  }
  for (const Change& change : record.changes) {
    if (const auto* order = std::get_if<OrderChange>(&change)) {
      add(next_in_order_, order->after);
    }
    if (const auto* free = std::get_if<FreeChange>(&change)) {
      for (const RecordNumber number : free->records) add(freed_by_, number);
    }
  }
}

// A condition holds from the first write on whose content may be there. That
// may come after the record.
void RecordFollowers::AddConditions(const Reading& reading) {
  for (const auto& [condition, record] : reading.conditions) {
    const auto found = reading.writes.find(condition.sector);
    if (found == reading.writes.end()) continue;
    const auto& writes = found->second;
    const auto first =
        std::ranges::find_if(writes, [&](const Reading::DataWrite& write) {
          return std::ranges::find(condition.old_contents, write.content) ==
                 condition.old_contents.end();
        });
    if (first == writes.end()) continue;
    needed_by_[{first->event, condition.sector}].push_back(record);
  }
}

WrittenSector RecordFollowers::WholeOf(const WrittenSector& lost) const {
  auto record = ends_.upper_bound(lost);
  if (record == ends_.begin()) return lost;
  --record;
  const bool within =
      record->first.event == lost.event && lost.sector < record->second;
  return within ? record->first : lost;
}

std::vector<WrittenSector> RecordFollowers::Of(
    std::span<const WrittenSector> lost, EventNumber point) const {
  if (needed_by_.empty() && next_in_order_.empty()) return {};
  std::set<WrittenSector> directly;
  for (const WrittenSector& one : lost) directly.insert(WholeOf(one));
  std::set<WrittenSector> seen = directly;
  std::vector<WrittenSector> open(directly.begin(), directly.end());
  const auto add = [&](const WrittenSector& record) {
    if (record.event > point) return;
    if (seen.insert(record).second) open.push_back(record);
  };
  const auto is_freed = [&](const WrittenSector& record) {
    const auto free = freed_by_.find(record);
    return free != freed_by_.end() &&
           std::ranges::any_of(free->second, [&](const WrittenSector& by) {
             return by.event <= point && !directly.contains(by);
           });
  };
  // The order is broken where a record is missing, and not where one that is
  // whole does not count.
  std::set<WrittenSector> behind;
  std::vector<WrittenSector> ends(directly.begin(), directly.end());
  while (!ends.empty()) {
    const auto next = next_in_order_.find(ends.back());
    ends.pop_back();
    if (next == next_in_order_.end()) continue;
    for (const WrittenSector& record : next->second) {
      if (record.event > point || !behind.insert(record).second) continue;
      ends.push_back(record);
      if (!is_freed(record)) add(record);
    }
  }
  while (!open.empty()) {
    const WrittenSector record = open.back();
    open.pop_back();
    const auto needed = needed_by_.find(record);
    if (needed == needed_by_.end()) continue;
    for (const WrittenSector& by : needed->second) add(by);
  }
  std::vector<WrittenSector> followers;
  for (const WrittenSector& record : seen) {
    if (directly.contains(record)) continue;
    for (uint64_t s = record.sector; s < ends_.at(record); ++s) {
      followers.push_back({record.event, s});
    }
  }
  return followers;
}

}  // namespace powercut::simfs
