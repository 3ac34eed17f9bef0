#include "backends/simfs/batch.h"

#include <algorithm>

namespace powercut::simfs {
namespace {

std::string NameOf(const Error& error) {
  return error.code == ErrorCode::kFull ? "ENOSPC" : "EIO";
}

}  // namespace

ObjectKey KeyOf(const Change& change) {
  if (const auto* name = std::get_if<NameChange>(&change)) {
    return {'n', name->directory, name->name};
  }
  if (const auto* shape = std::get_if<ShapeChange>(&change)) {
    return {'s', shape->inode, ""};
  }
  if (const auto* times = std::get_if<TimesChange>(&change)) {
    return {'t', times->inode, ""};
  }
  if (const auto* atom = std::get_if<AtomChange>(&change)) {
    return {'a', atom->generation, ""};
  }
  return {'v', 0, ""};
}

uint32_t Batch::NewSector(bool old_contents) {
  uint64_t& next = old_contents ? next_.old_sector : next_.zero_sector;
  const uint64_t end = old_contents
                           ? s_.layout.old_first + s_.layout.old_count
                           : s_.layout.zero_first + s_.layout.zero_count;
  const AtomBytes fresh = [&] {
    AtomBytes bytes;
    bytes.fill(old_contents ? kOldByte : std::byte{0});
    return bytes;
  }();
  while (next < end) {
    const auto sector = static_cast<uint32_t>(next++);
    if (!s_.recovered) return sector;
    // A lost record may have given it away, and its data be there.
    AtomBytes found;
    if (s_.disk.Read(sector, found) && found == fresh) return sector;
  }
  full_ = true;
  return 0;
}

RecordNumber Batch::NewestOf(const ObjectKey& key) const {
  if (const auto own = newest_.find(key); own != newest_.end()) {
    return own->second;
  }
  const auto found = s_.newest_records.find(key);
  return found == s_.newest_records.end() ? 0 : found->second;
}

RecordNumber Batch::AddRecord(std::vector<Change> changes, bool journalled,
                              RecordNeeds needs) {
  const RecordNumber number = next_.record++;
  // An object is a prefix of its chain.
  for (const Change& change : changes) {
    const ObjectKey key = KeyOf(change);
    needs.records.push_back(NewestOf(key));
    newest_[key] = number;
  }
  const RecordNumber last = last_record_ ? last_record_ : s_.last_record;
  const RecordNumber last_journalled =
      last_journalled_ ? last_journalled_ : s_.last_journalled;
  if (!s_.Has(SimfsBug::kJournalOrderIgnored)) {
    if (s_.rules.data_journal) needs.records.push_back(last);
    if (s_.rules.metadata_journal && journalled) {
      needs.records.push_back(last_journalled);
    }
  }
  needs.records.push_back(s_.barrier);
  std::sort(needs.records.begin(), needs.records.end());
  const auto end = std::unique(needs.records.begin(), needs.records.end());
  needs.records.erase(end, needs.records.end());
  std::erase(needs.records, 0);
  last_record_ = number;
  if (journalled) last_journalled_ = number;

  Planned planned;
  planned.record = {number, needs.records, needs.conditions,
                    std::move(changes)};
  planned.needs = std::move(needs);
  planned.first_sector = next_.record_sector;
  planned.bytes =
      EncodeRecord(planned.record, s_.layout.nonce, next_.record_sector);
  next_.record_sector += planned.bytes.size() / kSimfsSectorBytes;
  records_.push_back(std::move(planned));
  return number;
}

void Batch::AddData(uint32_t sector, const AtomBytes& bytes) {
  data_[sector] = bytes;
}

std::string Batch::Commit() {
  if (full_) return "ENOSPC";
  if (std::string error = MakeRoom(); !error.empty()) return error;
  if (std::string error = WriteData(); !error.empty()) return error;
  if (std::string error = WriteRecords(); !error.empty()) return error;
  s_.next = next_;
  for (const auto& [key, number] : newest_) s_.newest_records[key] = number;
  if (last_record_ != 0) s_.last_record = last_record_;
  if (last_journalled_ != 0) s_.last_journalled = last_journalled_;
  for (Planned& planned : records_) {
    s_.shown.Apply(planned.record);
    AddSuperseded(planned.record, s_.superseded_contents);
    const uint64_t sectors = planned.bytes.size() / kSimfsSectorBytes;
    s_.records[planned.record.number] = {
        .sectors = {planned.first_sector, sectors},
        .event = written_.at(planned.first_sector),
        .needs = std::move(planned.needs.records),
        .needs_sectors = std::move(planned.needs.sectors),
        .versions = {}};
  }
  return {};
}

// Recovery reads the segments in use only, so that a new one is announced, on
// the media, before it is used. That sector alone is carried: it says nothing
// of any effect.
std::string Batch::MakeRoom() {
  const uint64_t sectors = next_.record_sector - kFirstRecordSector;
  const uint64_t segments =
      std::max<uint64_t>(1, (sectors + kSegmentSectors - 1) / kSegmentSectors);
  if (segments > s_.layout.segment_count) return "ENOSPC";
  if (segments <= s_.segments_used) return {};
  Bytes sector(kSimfsSectorBytes);
  StoreLittleEndian(sector, 0, segments);
  if (const Status written = s_.disk.Write(kSegmentsUsedSector, sector);
      !written) {
    return NameOf(written.error());
  }
  const SectorVersions own{{kSegmentsUsedSector, s_.disk.now()}};
  if (!s_.disk.Carry(own, Layer::kMedia)) return "EIO";
  s_.segments_used = segments;
  return {};
}

// One write for each run of adjacent sectors; each sector persists by itself.
std::string Batch::WriteData() {
  for (auto at = data_.begin(); at != data_.end();) {
    const uint32_t first = at->first;
    Bytes run;
    uint32_t count = 0;
    for (; at != data_.end() && at->first == first + count; ++at, ++count) {
      run.insert(run.end(), at->second.begin(), at->second.end());
    }
    const Status written = s_.disk.Write(first, run);
    if (!written) return NameOf(written.error());
    for (uint32_t i = 0; i < count; ++i) written_[first + i] = s_.disk.now();
  }
  return {};
}

std::string Batch::WriteRecords() {
  if (records_.empty()) return {};
  Bytes run;
  for (const Planned& planned : records_) {
    run.insert(run.end(), planned.bytes.begin(), planned.bytes.end());
  }
  const uint64_t first = records_.front().first_sector;
  const Status written = s_.disk.Write(first, run);
  if (!written) return NameOf(written.error());
  for (uint64_t i = 0; i < run.size() / kSimfsSectorBytes; ++i) {
    written_[first + i] = s_.disk.now();
  }
  return {};
}

}  // namespace powercut::simfs
