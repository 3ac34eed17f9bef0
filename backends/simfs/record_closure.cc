// Goes from record to record. A record needs the records that it names; one
// that is in the order of commits also those before it in that order, and one
// that was freed of the order the record that frees it.

#include "backends/simfs/record_closure.h"

#include <algorithm>

namespace powercut::simfs {

void Cover(SectorVersions& versions, uint64_t sector, EventNumber event) {
  EventNumber& at = versions[sector];
  at = std::max(at, event);
}

void RecordClosure::Add(RecordNumber number) {
  std::vector<RecordNumber> open{number};
  while (!open.empty()) {
    const RecordNumber next = open.back();
    open.pop_back();
    const LiveRecord* const found = s_.records.Find(next);
    // A record from before the mount is not known here; it is durable.
    if (found == nullptr || !records.insert(next).second) continue;
    const LiveRecord& record = *found;
    if (s_.ReachedBy(next) >= enough_) continue;
    for (uint64_t at = record.sectors.first; at < record.sectors.end(); ++at) {
      Cover(sectors, at, record.event);
    }
    for (const auto& [sector, event] : record.needs_sectors) {
      Cover(sectors, sector, event);
    }
    open.insert(open.end(), record.needs.begin(), record.needs.end());
    if (record.freed_by != 0) {
      open.push_back(record.freed_by);
    } else {
      AddOrder(record.after, open);
    }
  }
}

// Adds to `open` the records that come before one in the order of commits, as
// far as they may not have been carried. One that was carried in that order
// was carried with those before it; one that is free was carried alone.
void RecordClosure::AddOrder(RecordNumber number,
                             std::vector<RecordNumber>& open) {
  while (number != 0 && in_order_.insert(number).second) {
    if (enough_ == Layer::kHost && number <= s_.order_at_host) return;
    const LiveRecord* const record = s_.records.Find(number);
    if (record == nullptr) return;
    open.push_back(number);
    if (record->freed_by == 0 && s_.ReachedBy(number) >= enough_) return;
    number = record->after;
  }
}

}  // namespace powercut::simfs
