// The newest version of an object hides the older ones, so that the versions
// are tried from the newest on, and the first one whose record counts is the
// answer. What is older is never read.
//
// Within one record the order is the other way round: what the record needs
// comes first, the oldest of that before all else, and the record itself last.
// Under a total order of records this goes from the oldest record to the first
// one that is missing. Everything after that one is dropped without being read,
// so that n records of one sector in a total order make n + 1 different runs,
// not 2^n.
//
// What a part of the observation shows must follow from what is read for it and
// for the whole observation (VirtualDisk::DeclarePart()). So the answers for
// one part are forgotten before the next part is asked for, and are read again.
//
// Example: records 5, 6 and 7 hold the times of a file and need nothing. Record
// 7 is read, and if it is whole, nothing else is. If each of them needed the
// one before it, 5 would be read first; if 5 is missing, neither 6 nor 7 is
// read.

#include "backends/simfs/demand_volume.h"

#include <algorithm>
#include <cstring>

namespace powercut::simfs {
namespace {

const Shape& EmptyShape() {
  static const Shape shape;
  return shape;
}

}  // namespace

ShownObjects::Names DemandVolume::NamesIn(InodeNumber directory) {
  Names names;
  const auto& known = catalog_.names();
  for (auto name = known.lower_bound({directory, ""});
       name != known.end() && name->first.first == directory; ++name) {
    const NameChange* shown = Newest(&name->second);
    if (shown == nullptr || shown->inode == kNoInode) continue;
    found_by_[shown->inode] = shown;
    names.emplace_back(name->first.second, shown->inode);
  }
  return names;
}

InodeNumber DemandVolume::Lookup(InodeNumber directory,
                                 const std::string& name) {
  const auto known = catalog_.names().find({directory, name});
  if (known == catalog_.names().end()) return kNoInode;
  const NameChange* shown = Newest(&known->second);
  if (shown == nullptr || shown->inode == kNoInode) return kNoInode;
  found_by_[shown->inode] = shown;
  return shown->inode;
}

bool DemandVolume::IsDirectory(InodeNumber inode) {
  return found_by_.at(inode)->is_directory;
}

uint64_t DemandVolume::TimeOf(InodeNumber inode) {
  const TimesChange* times = Newest(catalog_.TimesOf(inode));
  return times == nullptr ? found_by_.at(inode)->created_mtime : times->mtime;
}

const Shape& DemandVolume::ShapeOf(InodeNumber inode) {
  const ShapeChange* shape = Newest(catalog_.ShapesOf(inode));
  return shape == nullptr ? EmptyShape() : shape->shape;
}

ShownAtom DemandVolume::AtomOf(GenerationId generation) {
  const AtomChange* atom = Newest(catalog_.AtomsOf(generation));
  if (atom == nullptr) return {};
  return {atom->version, &atom->bytes};
}

template <class T>
const T* DemandVolume::Newest(const CatalogVersions<T>* versions) {
  if (versions == nullptr) return nullptr;
  auto after = std::ranges::lower_bound(*versions, record_count_, {},
                                        &CatalogVersion<T>::record);
  while (after != versions->begin()) {
    --after;
    if (Counts(after->record)) return &after->change;
  }
  return nullptr;
}

void DemandVolume::AskFor(ShownPart part) {
  whole_ = part.kind == ShownPart::kWhole;
  of_part_ = {};
  disk_.DeclarePart(part);
}

std::optional<bool> DemandVolume::KnownToCount(uint32_t record) const {
  for (const Known* known : {&of_whole_, &of_part_}) {
    const auto found = known->counts.find(record);
    if (found != known->counts.end()) return found->second;
  }
  return std::nullopt;
}

bool DemandVolume::Counts(uint32_t record) {
  if (const auto known = KnownToCount(record)) return *known;
  // A journal can be long: the needs that are still to be answered are kept
  // here, and not on the stack of the process.
  std::vector<uint32_t> open{record};
  while (!open.empty()) {
    const uint32_t next = open.back();
    const std::optional<bool> answer = Answer(next, open);
    if (!answer) continue;
    known().counts.emplace(next, *answer);
    open.pop_back();
  }
  return known().counts.at(record);
}

std::optional<bool> DemandVolume::KnownInOrder(uint32_t record) const {
  for (const Known* known : {&of_whole_, &of_part_}) {
    const auto found = known->in_order.find(record);
    if (found != known->in_order.end()) return found->second;
  }
  return std::nullopt;
}

std::optional<bool> DemandVolume::Answer(uint32_t record,
                                         std::vector<uint32_t>& open) {
  const CatalogRecord& stored = catalog_.records()[record];
  if (stored.after == 0) return Stands(stored, open);
  const std::optional<bool> stands = Stands(stored, open);
  if (!stands || !*stands) return stands;
  for (const uint32_t free : stored.freed_by) {
    if (free < record_count_ && IsWhole(catalog_.records()[free])) return true;
  }
  return IsInOrder(record);
}

bool DemandVolume::IsInOrder(uint32_t record) {
  // Back to the first record that is known, and then forward.
  std::vector<uint32_t> line;
  bool holds = true;
  for (uint32_t next = record;;) {
    if (const auto known = KnownInOrder(next)) {
      holds = *known;
      break;
    }
    line.push_back(next);
    const RecordNumber after = catalog_.records()[next].after;
    if (after == 0) break;
    next = catalog_.IndexOf(after);
    if (next == catalog_.records().size()) {
      holds = false;
      break;
    }
  }
  for (; !line.empty(); line.pop_back()) {
    std::vector<uint32_t> open;
    while (holds) {
      const auto stands = Stands(catalog_.records()[line.back()], open);
      if (stands) {
        holds = *stands;
        break;
      }
      for (; !open.empty(); open.pop_back()) Counts(open.back());
    }
    known().in_order.emplace(line.back(), holds);
  }
  return holds;
}

std::optional<bool> DemandVolume::Stands(const CatalogRecord& stored,
                                         std::vector<uint32_t>& open) {
  for (const RecordNumber number : stored.needs) {
    const uint32_t need = catalog_.IndexOf(number);
    if (need == catalog_.records().size()) return false;
    const std::optional<bool> counts = KnownToCount(need);
    if (!counts) {
      open.push_back(need);
      return std::nullopt;
    }
    if (!*counts) return false;
  }
  if (!IsWhole(stored)) return false;
  return std::ranges::all_of(
      stored.conditions,
      [&](const SectorCondition& condition) { return Holds(condition); });
}

bool DemandVolume::IsWhole(const CatalogRecord& record) {
  const size_t sectors = record.bytes.size() / kSimfsSectorBytes;
  for (size_t i = 0; i < sectors; ++i) {
    const uint64_t sector = record.first_sector + i;
    if (!IsInUse(sector) || !Read(sector)) return false;
    // A place is written once, so that anything else than the record is what
    // was there before it.
    const ByteSpan whole =
        record.bytes.subspan(i * kSimfsSectorBytes, kSimfsSectorBytes);
    if (std::memcmp(sector_.data(), whole.data(), whole.size()) != 0) {
      return false;
    }
  }
  return true;
}

// A scan does not look into segments that the disk does not announce.
bool DemandVolume::IsInUse(uint64_t sector) {
  const uint64_t segment = (sector - kFirstRecordSector) / kSegmentSectors;
  if (segment == 0) return true;
  const bool read_before = of_whole_.segments_used || of_part_.segments_used;
  if (!read_before) {
    if (!Read(kSegmentsUsedSector)) return false;
    known().segments_used = LoadLittleEndian<uint64_t>(sector_, 0);
  }
  return segment <
         *(of_whole_.segments_used ? of_whole_ : of_part_).segments_used;
}

bool DemandVolume::Holds(const SectorCondition& condition) {
  if (!Read(condition.sector)) return false;
  return std::ranges::find(condition.old_contents, ContentOf(sector_)) ==
         condition.old_contents.end();
}

bool DemandVolume::Read(uint64_t sector) {
  const Status read = disk_.Read(sector, sector_);
  if (!read && status_) status_ = read;
  return read.has_value();
}

}  // namespace powercut::simfs
