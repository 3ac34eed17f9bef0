// Recovery in two passes. The first pass finds every record that is whole. The
// second pass goes through them in the order of their numbers and decides for
// each whether it counts: no later recovery voided it, all records that it
// needs count, no sector of its conditions still holds a content that must be
// gone, and a commit can have it or a free record names it. A need is always an
// older record, so that one pass is enough.
//
// Example: a crash left the records 1, 2 and 4. If record 4 needs record 2
// only, it counts. If it needs record 3, it does not, and the first op that
// follows writes record 5, a void record that names record 4.

#include "backends/simfs/record_scan.h"

#include <algorithm>
#include <set>

namespace powercut::simfs {
namespace {

class Scan {
 public:
  Scan(VirtualDisk& disk, const SimfsLayout& layout, const SimfsBugs& bugs)
      : disk_(disk), layout_(layout), bugs_(bugs) {
    scan_.next_zero_sector = layout.zero_first;
    scan_.next_old_sector = layout.old_first;
  }

  Result<RecordScan> Run() {
    POWERCUT_TRY(ReadSegmentsUsed());
    POWERCUT_TRY(FindRecords());
    for (const Record& record : records_) {
      POWERCUT_ASSIGN(const bool stands, Stands(record));
      const bool in_order = stands && IsInOrder(record);
      if (in_order) in_order_.insert(record.number);
      if (in_order || (stands && free_.contains(record.number))) {
        counting_.insert(record.number);
        scan_.shown.Apply(record);
        AddSuperseded(record, scan_.superseded_contents);
      } else {
        scan_.dropped.push_back(record.number);
      }
    }
    // Bytes beyond the end of a file are not part of what was found.
    scan_.shown.CutTails();
    return std::move(scan_);
  }

 private:
  Status ReadSegmentsUsed() {
    Bytes sector(kSimfsSectorBytes);
    POWERCUT_TRY(disk_.Read(kSegmentsUsedSector, sector));
    scan_.segments_used = std::clamp<uint64_t>(
        LoadLittleEndian<uint64_t>(sector, 0), 1, layout_.segment_count);
    return Ok{};
  }

  Status FindRecords() {
    const uint64_t sectors = scan_.segments_used * kSegmentSectors;
    Bytes area(sectors * kSimfsSectorBytes);
    POWERCUT_TRY(disk_.Read(kFirstRecordSector, area));
    const bool checked = !bugs_.contains(SimfsBug::kTornRecordAccepted);
    for (uint64_t at = 0; at < sectors;) {
      const ByteSpan rest = ByteSpan(area).subspan(at * kSimfsSectorBytes);
      std::optional<StoredRecord> stored =
          DecodeRecord(rest, layout_.nonce, kFirstRecordSector + at, checked);
      // Records are only ever appended, so that a sector where none begins
      // belongs to a record that the crash lost. Others may follow it.
      if (!stored || stored->record.number < scan_.next_record) {
        ++at;
        continue;
      }
      at += stored->sectors;
      scan_.next_record = stored->record.number + 1;
      scan_.next_record_sector = kFirstRecordSector + at;
      NoteUses(stored->record);
      records_.push_back(std::move(stored->record));
    }
    return Ok{};
  }

  // A record that does not count still has its numbers, and data may be in its
  // sectors: nothing that it names may be given away again.
  void NoteUses(const Record& record) {
    for (const Change& change : record.changes) {
      if (const auto* name = std::get_if<NameChange>(&change)) {
        scan_.next_inode = std::max(scan_.next_inode, name->inode + 1);
      } else if (const auto* shape = std::get_if<ShapeChange>(&change)) {
        scan_.next_inode = std::max(scan_.next_inode, shape->inode + 1);
        NoteUsesOf(shape->shape.atoms);
      } else if (const auto* times = std::get_if<TimesChange>(&change)) {
        scan_.next_inode = std::max(scan_.next_inode, times->inode + 1);
      } else if (const auto* atom = std::get_if<AtomChange>(&change)) {
        scan_.next_generation =
            std::max(scan_.next_generation, atom->generation + 1);
      } else if (const auto* free = std::get_if<FreeChange>(&change)) {
        free_.insert(free->records.begin(), free->records.end());
      } else if (std::holds_alternative<VoidChange>(change)) {
        // A void record takes effect even if it does not count itself: what
        // it names was dropped before it was written.
        const auto& records = std::get<VoidChange>(change).records;
        void_.insert(records.begin(), records.end());
      }
    }
  }

  void NoteUsesOf(const AtomTable& atoms) {
    for (const AtomRun& run : atoms.runs()) {
      const uint64_t sectors = run.sector == 0 ? 0 : run.count;
      NoteUse(run.generation + run.count - 1, run.sector, sectors);
    }
    for (const auto& [index, atom] : atoms.others()) {
      for (const GenerationLayer& layer : atom) {
        NoteUse(layer.generation, layer.sector, layer.sector == 0 ? 0 : 1);
      }
    }
  }

  // The sectors of a run can begin in the part with zeros and end in the part
  // with old contents.
  void NoteUse(GenerationId last, uint64_t first_sector, uint64_t sectors) {
    scan_.next_generation = std::max(scan_.next_generation, last + 1);
    if (sectors == 0) return;
    const uint64_t end = first_sector + sectors;
    if (first_sector < layout_.old_first) {
      scan_.next_zero_sector =
          std::max(scan_.next_zero_sector, std::min(end, layout_.old_first));
    }
    if (end > layout_.old_first) {
      scan_.next_old_sector = std::max(scan_.next_old_sector, end);
    }
  }

  // Whether a commit can have the record: it has all that comes before.
  bool IsInOrder(const Record& record) const {
    return std::ranges::all_of(record.changes, [&](const Change& change) {
      const auto* order = std::get_if<OrderChange>(&change);
      return order == nullptr || in_order_.contains(order->after);
    });
  }

  // Whether all holds that does not depend on a commit.
  Result<bool> Stands(const Record& record) {
    if (void_.contains(record.number)) return false;
    for (const RecordNumber need : record.needs) {
      if (!counting_.contains(need)) return false;
    }
    Bytes sector(kSimfsSectorBytes);
    for (const SectorCondition& condition : record.conditions) {
      POWERCUT_TRY(disk_.Read(condition.sector, sector));
      const auto& old = condition.old_contents;
      if (std::find(old.begin(), old.end(), ContentOf(sector)) != old.end()) {
        return false;
      }
    }
    return true;
  }

  VirtualDisk& disk_;
  const SimfsLayout& layout_;
  const SimfsBugs& bugs_;
  RecordScan scan_;
  std::vector<Record> records_;
  // The records that a void record names, and those that a free record names.
  std::set<RecordNumber> void_;
  std::set<RecordNumber> free_;
  std::set<RecordNumber> counting_;
  // The records among them that a commit can have.
  std::set<RecordNumber> in_order_;
};

}  // namespace

Result<RecordScan> ScanRecords(VirtualDisk& disk, const SimfsLayout& layout,
                               const SimfsBugs& bugs) {
  return Scan(disk, layout, bugs).Run();
}

}  // namespace powercut::simfs
