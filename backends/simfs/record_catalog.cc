// Goes through the writes of a trace and decodes those in the record area. What
// simfs writes there are whole records, each at a place of its own and with a
// greater number than all before it. Where a trace has anything else, there is
// no catalog, and each mount scans its disk.

#include "backends/simfs/record_catalog.h"

#include <algorithm>

#include "backends/simfs/shown_objects.h"

namespace powercut::simfs {
namespace {

// Whether the disk before the trace holds a simfs without any record.
bool IsFresh(const Trace& trace, const SimfsLayout& layout) {
  return FormatSimfs(trace.geometry(), layout.profile)->SameBytes(trace.base());
}

template <class Map, class Key>
auto VersionsIn(const Map& map, const Key& key) -> decltype(&map.at(key)) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

std::unique_ptr<const RecordCatalog> RecordCatalog::Of(const Trace& trace,
                                                       bool fresh_base) {
  Bytes superblock(kSimfsSectorBytes);
  if (trace.geometry().sector_bytes != kSimfsSectorBytes) return nullptr;
  trace.base().Read(0, superblock);
  const auto layout = ParseSimfsLayout(superblock, trace.geometry());
  if (!layout) return nullptr;
  if (!fresh_base && !IsFresh(trace, *layout)) return nullptr;
  std::unique_ptr<RecordCatalog> catalog(new RecordCatalog());
  catalog->layout_ = *layout;
  const SectorRange area{kFirstRecordSector,
                         layout->segment_count * kSegmentSectors};
  for (EventNumber n = 1; n <= trace.event_count(); ++n) {
    const DiskEvent& event = trace.event(n);
    if (event.kind == DiskEvent::kPersist) continue;
    if (event.range.end() <= area.first || event.range.first >= area.end()) {
      // The superblock is never written.
      if (event.range.first == 0) return nullptr;
      continue;
    }
    const bool inside =
        event.range.first >= area.first && event.range.end() <= area.end();
    if (event.kind != DiskEvent::kWrite || !inside ||
        !catalog->AddWrite(n, event.range.first, trace.data(event))) {
      return nullptr;
    }
  }
  return catalog;
}

bool RecordCatalog::AddWrite(EventNumber event, uint64_t first_sector,
                             ByteSpan bytes) {
  while (!bytes.empty()) {
    auto stored = DecodeRecord(bytes, layout_.nonce, first_sector);
    if (!stored) return false;
    if (!records_.empty()) {
      const CatalogRecord& last = records_.back();
      const uint64_t end =
          last.first_sector + last.bytes.size() / kSimfsSectorBytes;
      if (first_sector < end || stored->record.number <= last.number) {
        return false;
      }
    }
    for (const Change& change : stored->record.changes) {
      const auto* voided = std::get_if<VoidChange>(&change);
      if (voided != nullptr && !voided->records.empty()) return false;
    }
    const size_t size = stored->sectors * kSimfsSectorBytes;
    Record& record = stored->record;
    records_.push_back({.number = record.number,
                        .needs = std::move(record.needs),
                        .conditions = std::move(record.conditions),
                        .freed_by = {},
                        .first_sector = first_sector,
                        .event = event,
                        .bytes = bytes.first(size)});
    for (Change& change : record.changes) AddChange(std::move(change));
    first_sector += stored->sectors;
    bytes = bytes.subspan(size);
  }
  return true;
}

void RecordCatalog::AddChange(Change change) {
  const auto record = static_cast<uint32_t>(records_.size() - 1);
  if (auto* name = std::get_if<NameChange>(&change)) {
    auto& versions = names_[{name->directory, name->name}];
    versions.push_back({record, std::move(*name)});
  } else if (auto* shape = std::get_if<ShapeChange>(&change)) {
    CutTail(shape->shape);
    auto& versions = shapes_[shape->inode];
    versions.push_back({record, std::move(*shape)});
  } else if (const auto* times = std::get_if<TimesChange>(&change)) {
    times_[times->inode].push_back({record, *times});
  } else if (const auto* atom = std::get_if<AtomChange>(&change)) {
    atoms_[atom->generation].push_back({record, *atom});
  } else if (const auto* order = std::get_if<OrderChange>(&change)) {
    records_[record].after = order->after;
  } else if (const auto* free = std::get_if<FreeChange>(&change)) {
    for (const RecordNumber number : free->records) {
      records_[IndexOf(number)].freed_by.push_back(record);
    }
  }
}

uint32_t RecordCatalog::IndexOf(RecordNumber number) const {
  const auto found = std::ranges::lower_bound(
      records_, number, {},
      [](const CatalogRecord& record) { return record.number; });
  const bool known = found != records_.end() && found->number == number;
  return static_cast<uint32_t>(known ? found - records_.begin()
                                     : records_.end() - records_.begin());
}

uint32_t RecordCatalog::RecordsUpTo(EventNumber event) const {
  const auto after =
      std::ranges::upper_bound(records_, event, {}, &CatalogRecord::event);
  return static_cast<uint32_t>(after - records_.begin());
}

const CatalogVersions<ShapeChange>* RecordCatalog::ShapesOf(
    InodeNumber inode) const {
  return VersionsIn(shapes_, inode);
}

const CatalogVersions<TimesChange>* RecordCatalog::TimesOf(
    InodeNumber inode) const {
  return VersionsIn(times_, inode);
}

const CatalogVersions<AtomChange>* RecordCatalog::AtomsOf(
    GenerationId generation) const {
  return VersionsIn(atoms_, generation);
}

}  // namespace powercut::simfs
