// Writes one op: its data in place first, then all of its records in one run of
// adjacent sectors.
//
// A batch works on a copy of the counters and of the newest records of the
// state. Only Commit() hands them over, so that an op that fails leaves the
// state as it was.
//
// AddRecord() is where the order of a profile comes from. Each record names the
// records that must count if it is to count:
//   - what the newest record of each object that it changes asks for: a newer
//     version promises all that an older one does. The older record itself is
//     hidden by the newer one, and so is not asked for, unless it says
//     something of another object, too;
//   - the last journalled record, if it is journalled and the profile has a
//     metadata journal; the last record, under data_journal;
//   - the barrier, if there is one;
//   - what its caller asks for.
// With metadata_commits a journalled record also names the one that it comes
// after, in a change of its own: until a later record frees it, it counts only
// if all records before it in this order are there.
//
// A record is carried together with the older records of its objects, so that
// these are never lost once a newer one is durable. What is on the media with
// all that it asks for is not asked for any more.
//
// Example, spec-strict: `create /f` writes record 1, and `write /f 0 512`
// writes a data sector, record 2 (the shape) and record 3 (the times), which
// need nothing. `write /f 512 512` writes another data sector, record 4 (the
// next shape) and record 5 (the next times), which need nothing either. A crash
// that leaves record 4 shows the second shape, with or without record 2.

#include "backends/simfs/batch.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace powercut::simfs {
namespace {

std::string NameOf(const Error& error) {
  return error.code == ErrorCode::kFull ? "ENOSPC" : "EIO";
}

// Sorts numbers of records, and takes out what is there twice and 0, which
// stands for no record.
void SortOut(std::vector<RecordNumber>& records) {
  std::sort(records.begin(), records.end());
  const auto end = std::unique(records.begin(), records.end());
  records.erase(end, records.end());
  std::erase(records, 0);
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
  // Orders and freed records are no objects, and nobody asks for their keys.
  return {'v', 0, ""};
}

Batch::Part Batch::PartFor(bool old_contents) {
  // On a large disk the old part ends before the disk does. Zeros are lawful
  // contents of stale space, too.
  const uint64_t old_end = s_.layout.old_first + s_.layout.old_count;
  if (old_contents && next_.old_sector < old_end) {
    return {next_.old_sector, old_end};
  }
  return {next_.zero_sector, s_.layout.old_first};
}

uint32_t Batch::NewSector(bool old_contents) {
  const auto [next, end] = PartFor(old_contents);
  AtomBytes fresh;
  fresh.fill(end == s_.layout.old_first ? std::byte{0} : kOldByte);
  while (next < end) {
    const auto sector = static_cast<uint32_t>(next++);
    if (!s_.recovered) return sector;
    // A record that was lost may have given this sector to a file, and data may
    // have reached the sector all the same.
    AtomBytes found;
    if (s_.disk.Read(sector, found) && found == fresh) return sector;
  }
  full_ = true;
  return 0;
}

// Small files are laid out as if there was no such space. What is kept is an
// eighth of the file, so that the pieces of a file grow with the logarithm of
// its size, and little space is lost if the file does not grow on.
SpaceAhead Batch::Ahead(InodeNumber inode, uint64_t atom, bool old_contents) {
  constexpr size_t kPiecesMin = 64;
  constexpr uint64_t kShare = 8;
  const size_t pieces = s_.shown.file(inode).shape.atoms.runs().size();
  // After a recovery each sector is looked at when it is given.
  if (s_.recovered || pieces < kPiecesMin) return {};
  const auto [next, end] = PartFor(old_contents);
  // A disk that is nearly full has little room to lose.
  const uint64_t count =
      std::min<uint64_t>(s_.files[inode].memory.size(), end - next) / kShare;
  const SpaceAhead ahead{atom, static_cast<uint32_t>(count), next_.generation,
                         static_cast<uint32_t>(next)};
  next_.generation += ahead.count;
  next += count;
  return ahead;
}

Batch::Space Batch::NewSpace(InodeNumber inode, uint64_t atom,
                             bool old_contents) {
  SpaceAhead& ahead =
      ahead_.try_emplace(inode, s_.files[inode].ahead).first->second;
  if (ahead.count == 0) ahead = Ahead(inode, atom, old_contents);
  if (ahead.count == 0 || ahead.atom != atom) {
    return {NewGeneration(), NewSector(old_contents)};
  }
  --ahead.count;
  ++ahead.atom;
  return {ahead.generation++, ahead.sector++};
}

RecordNumber Batch::NewestOf(const ObjectKey& key) const {
  if (const auto own = newest_.find(key); own != newest_.end()) {
    return own->second;
  }
  const auto found = s_.newest_records.find(key);
  return found == s_.newest_records.end() ? 0 : found->second;
}

const LiveRecord* Batch::Find(RecordNumber number) const {
  // A far write makes a record for each size on the way, so that a batch can
  // hold many. Their numbers ascend.
  const auto planned = std::ranges::lower_bound(
      records_, number, {}, [](const Planned& p) { return p.record.number; });
  const bool here =
      planned != records_.end() && planned->record.number == number;
  return here ? &planned->live : s_.records.Find(number);
}

// Makes the next record of an object ask for what its older record asked for.
// Where that is much, or more than records, the older record is asked for
// itself, so that what is stored does not grow with the history.
void Batch::NeedOlder(RecordNumber older,
                      std::vector<RecordNumber>& asked) const {
  constexpr size_t kInheritedMax = 4;
  const LiveRecord* const record = Find(older);
  // A record in the order of commits asks for more than it lists.
  if (record == nullptr || !record->single || record->conditional ||
      record->after != 0 || record->asked_count > kInheritedMax) {
    asked.push_back(older);
    return;
  }
  const auto inherited = record->asked();
  asked.insert(asked.end(), inherited.begin(), inherited.end());
}

// Whether the sectors of a record are on the media, and nothing else decides
// whether it counts but the records that it asks for.
bool Batch::IsOnMedia(const LiveRecord& record) const {
  if (record.conditional) return false;
  for (uint64_t i = 0; i < record.sectors.count; ++i) {
    const Layer reached =
        s_.disk.Reached(record.sectors.first + i, record.event);
    if (reached != Layer::kMedia) return false;
  }
  return true;
}

// Whether a record is on the media with all that it asks for, so that it counts
// after any crash. Records from before this mount are not known well enough.
bool Batch::IsDurable(RecordNumber number) {
  // The records that are looked at; an order can be long.
  std::vector<RecordNumber> open{number};
  while (!open.empty()) {
    LiveRecord* const found = s_.records.Find(open.back());
    if (found == nullptr) return false;
    LiveRecord& record = *found;
    if (record.durable) {
      open.pop_back();
      continue;
    }
    // The record itself is looked at first: where nothing was flushed, one look
    // is enough.
    if (!IsOnMedia(record)) return false;
    const auto asked = record.asked();
    const auto unknown = std::ranges::find_if(asked, [&](RecordNumber need) {
      const LiveRecord* const known = s_.records.Find(need);
      return known == nullptr || !known->durable;
    });
    if (unknown != asked.end()) {
      open.push_back(*unknown);
      continue;
    }
    if (!OrderHolds(record)) return false;
    record.durable = true;
    open.pop_back();
  }
  return true;
}

// Whether every crash leaves what a record needs of the order of commits.
bool Batch::OrderHolds(const LiveRecord& record) {
  if (record.after == 0) return true;
  const LiveRecord* const free = s_.records.Find(record.freed_by);
  if (free != nullptr && IsOnMedia(*free)) return true;
  return IsOrderDurable(record.after);
}

// Whether every crash leaves a commit with this record and all before it.
bool Batch::IsOrderDurable(RecordNumber number) {
  std::vector<LiveRecord*> line;
  while (number != 0) {
    LiveRecord* const record = s_.records.Find(number);
    if (record == nullptr || !IsOnMedia(*record)) return false;
    if (record->order_durable) break;
    line.push_back(record);
    number = record->after;
  }
  // The oldest comes first, so that the answer for each is known to the next.
  for (; !line.empty(); line.pop_back()) {
    for (const RecordNumber need : line.back()->asked()) {
      if (!IsDurable(need)) return false;
    }
    line.back()->order_durable = true;
  }
  return true;
}

// Whether a rename or an exchange gives another name to the file that this name
// led to.
bool Batch::Moves(const NameChange& name,
                  const std::vector<Change>& changes) const {
  const InodeNumber left = s_.shown.Lookup(name.directory, name.name);
  if (left == kNoInode) return false;
  return std::ranges::any_of(changes, [&](const Change& change) {
    const auto* other = std::get_if<NameChange>(&change);
    return other != nullptr && other != &name && other->inode == left;
  });
}

// The ties of a name with what this batch did to them.
std::vector<NameTie>& Batch::TiesOf(const ObjectKey& key) {
  const auto [own, added] = ties_.try_emplace(key);
  const auto found = s_.name_ties.find(key);
  if (added && found != s_.name_ties.end()) own->second = found->second;
  return own->second;
}

// Returns the record that a new record of the name asks for. It passes over
// those that it hides (O-HIDDEN).
RecordNumber Batch::HideTies(const NameChange& name) {
  const ObjectKey key = KeyOf(name);
  std::vector<NameTie>& ties = TiesOf(key);
  bool hides = false;
  for (const NameTie& tie : std::exchange(ties, {})) {
    const bool same =
        name.inode != kNoInode &&
        (name.inode == tie.leads_to || (tie.moved && name.inode == tie.left));
    const bool kept = tie.moved && tie.left != kNoInode &&
                      (tie.before == 0 || IsDurable(tie.before));
    if (!same && !kept) {
      hides = true;
      continue;
    }
    // A record that is kept asks for those before it.
    if (kept) ties.clear();
    ties.push_back(tie);
  }
  if (!hides) return NewestOf(key);
  return ties.empty() ? 0 : ties.back().record;
}

// Called before the changes become the newest ones of their names.
void Batch::AddTies(const std::vector<Change>& changes, RecordNumber number) {
  const auto is_name = [](const Change& change) {
    return std::holds_alternative<NameChange>(change);
  };
  if (std::ranges::count_if(changes, is_name) < 2) return;
  for (const Change& change : changes) {
    const auto& name = std::get<NameChange>(change);
    const InodeNumber left = s_.shown.Lookup(name.directory, name.name);
    TiesOf(KeyOf(change))
        .push_back({number, NewestOf(KeyOf(change)), left, name.inode,
                    Moves(name, changes)});
  }
}

RecordNumber Batch::AddRecord(std::vector<Change> changes, bool journalled,
                              RecordNeeds needs) {
  const RecordNumber number = next_.record++;
  std::vector<RecordNumber> asked = needs.records;
  bool forgets = false;
  for (const Change& change : changes) {
    const ObjectKey key = KeyOf(change);
    const auto* name = std::get_if<NameChange>(&change);
    const LiveRecord* const older = s_.records.Find(NewestOf(key));
    // A record of a rename holds two names.
    forgets |= s_.Has(SimfsBug::kReusedNameForgetsRename) && name != nullptr &&
               name->inode != kNoInode && older != nullptr &&
               older->versions.size() > 1;
    if (!forgets) {
      const bool hides = s_.rules.metadata_commits && name != nullptr &&
                         (name->inode != kNoInode || !Moves(*name, changes));
      const RecordNumber last = hides ? HideTies(*name) : NewestOf(key);
      needs.records.push_back(last);
      NeedOlder(last, asked);
    }
  }
  if (s_.rules.metadata_commits) AddTies(changes, number);
  for (const Change& change : changes) newest_[KeyOf(change)] = number;
  const RecordNumber last = last_record_ ? last_record_ : s_.last_record;
  const RecordNumber last_journalled =
      last_journalled_ ? last_journalled_ : s_.last_journalled;
  if (!s_.Has(SimfsBug::kJournalOrderIgnored)) {
    if (s_.rules.data_journal && !needs.skips_data_journal) {
      asked.push_back(last);
    }
    if (s_.rules.metadata_journal && journalled && !forgets) {
      asked.push_back(last_journalled);
    }
  }
  asked.push_back(s_.barrier);
  SortOut(asked);
  std::vector<RecordNumber> carried = std::move(needs.records);
  carried.insert(carried.end(), asked.begin(), asked.end());
  SortOut(carried);
  // A record that every crash leaves need not be asked for. So a mount reads an
  // order of records back to the last flush, and not to its beginning.
  std::erase_if(asked, [this](RecordNumber need) { return IsDurable(need); });
  last_record_ = number;
  if (journalled) last_journalled_ = number;

  Planned planned;
  planned.live.single = changes.size() == 1;
  planned.live.conditional = !needs.conditions.empty();
  planned.live.needs_sectors = {needs.sectors.begin(), needs.sectors.end()};
  planned.live.asked_count = static_cast<uint32_t>(asked.size());
  planned.live.needs.assign(asked.begin(), asked.end());
  std::ranges::set_difference(carried, asked,
                              std::back_inserter(planned.live.needs));
  if (journalled && s_.rules.metadata_commits &&
      !s_.Has(SimfsBug::kJournalOrderIgnored)) {
    const RecordNumber after =
        last_in_order_ ? last_in_order_ : s_.last_in_order;
    if (after != 0 && !IsOrderDurable(after)) {
      planned.live.after = after;
      changes.push_back(OrderChange{after});
    }
    // No record comes after a size (docs/semantics.md 2.4).
    const bool size = std::holds_alternative<ShapeChange>(changes.front());
    if (!size) last_in_order_ = number;
  }
  planned.record = {number, std::move(asked), std::move(needs.conditions),
                    std::move(changes)};
  Place(std::move(planned));
  return number;
}

RecordNumber Batch::AddFree(std::vector<RecordNumber> freed) {
  const RecordNumber number = next_.record++;
  Planned planned;
  planned.record.number = number;
  planned.record.changes.push_back(FreeChange{std::move(freed)});
  Place(std::move(planned));
  return number;
}

void Batch::Place(Planned planned) {
  // The checksum covers the place, so that the place must be known by now.
  const uint64_t first = next_.record_sector;
  planned.bytes = EncodeRecord(planned.record, s_.layout.nonce, first);
  const uint64_t sectors = planned.bytes.size() / kSimfsSectorBytes;
  planned.live.sectors = {first, sectors};
  next_.record_sector += sectors;
  records_.push_back(std::move(planned));
}

void Batch::AddData(uint32_t sector, const AtomBytes& bytes) {
  data_[sector] = bytes;
}

std::string Batch::Commit() {
  if (full_) return "ENOSPC";
  if (std::string error = MakeRoom(); !error.empty()) return error;
  // Data that was written stays in its sectors even if the op fails later on.
  // Another op that took the same sectors could show these bytes as its own.
  s_.next.zero_sector = next_.zero_sector;
  s_.next.old_sector = next_.old_sector;
  for (const auto& [inode, ahead] : ahead_) s_.files[inode].ahead = {};
  if (std::string error = WriteData(); !error.empty()) return error;
  if (std::string error = WriteRecords(); !error.empty()) return error;
  s_.next = next_;
  for (const auto& [inode, ahead] : ahead_) s_.files[inode].ahead = ahead;
  for (const auto& [key, number] : newest_) s_.newest_records[key] = number;
  for (auto& [key, ties] : ties_) s_.name_ties[key] = std::move(ties);
  if (last_record_ != 0) s_.last_record = last_record_;
  if (last_journalled_ != 0) s_.last_journalled = last_journalled_;
  if (last_in_order_ != 0) s_.last_in_order = last_in_order_;
  for (Planned& planned : records_) {
    s_.shown.Apply(planned.record);
    AddSuperseded(planned.record, s_.superseded_contents);
    planned.live.event = written_.at(planned.live.sectors.first);
    s_.records.Add(planned.record.number, std::move(planned.live));
  }
  return {};
}

// Recovery reads only the segments in use. A new segment is therefore announced
// on the media before a record goes there, or a crash could leave a record that
// recovery never reads. Carrying that one sector makes no effect durable.
std::string Batch::MakeRoom() {
  const uint64_t sectors = next_.record_sector - kFirstRecordSector;
  const uint64_t segments =
      std::max<uint64_t>(1, (sectors + kSegmentSectors - 1) / kSegmentSectors);
  if (segments > s_.layout.segment_count) return "ENOSPC";
  if (segments <= s_.segments_used) return {};
  // A mount that reads the announcement reads other contents after each new
  // one, so that there are few: the number of segments is doubled.
  const uint64_t announced =
      std::min(std::bit_ceil(segments), s_.layout.segment_count);
  Bytes sector(kSimfsSectorBytes);
  StoreLittleEndian(sector, 0, announced);
  if (const Status written = s_.disk.Write(kSegmentsUsedSector, sector);
      !written) {
    return NameOf(written.error());
  }
  const SectorVersions own{{kSegmentsUsedSector, s_.disk.now()}};
  if (!s_.disk.Carry(own, Layer::kMedia)) return "EIO";
  s_.segments_used = announced;
  return {};
}

// Adjacent sectors go in one write, which gives them one event. They persist
// apart from each other all the same.
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

// The records of a batch are adjacent, since each took the next free sectors.
std::string Batch::WriteRecords() {
  if (records_.empty()) return {};
  Bytes run;
  for (const Planned& planned : records_) {
    run.insert(run.end(), planned.bytes.begin(), planned.bytes.end());
  }
  const uint64_t first = records_.front().live.sectors.first;
  const Status written = s_.disk.Write(first, run);
  if (!written) return NameOf(written.error());
  for (uint64_t i = 0; i < run.size() / kSimfsSectorBytes; ++i) {
    written_[first + i] = s_.disk.now();
  }
  return {};
}

}  // namespace powercut::simfs
