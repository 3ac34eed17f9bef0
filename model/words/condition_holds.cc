// Decides whether an observation satisfies a condition: Holds().
//
// Method: each test looks up what it names, and HoldsOf() combines the tests
// along the tree. A test is true, false, or unknown (`std::nullopt`) where the
// storage does not show what the test asks for; one unknown part makes the
// whole condition unknown.
//
// Bytes are judged by the fill that they carry (model/words/content.h). A whole
// granule of 16 bytes names its fill. Where an op begins or ends within a
// granule, its bytes there (its edge) name the op only modulo 128, and no fill;
// FillReader says when they count. Examples, both of op 3:
//
//   write /f 0 40 fill=7  Two granules with fill 7, then 8 edge bytes 0x83: the
//                         granules tie op 3 to fill 7, the atom carries 7.
//   write /f 0 8          Edge bytes only: the default fill of op 3 is 3, the
//                         atom carries 3.
//
// A record of a log is recognized by the op that its content names: the record
// of the n-th op that appends to this log and is expected to succeed is record
// n. LSNs are only compared for equality.

#include <algorithm>
#include <array>

#include "harness/base/bytes.h"
#include "harness/base/check.h"
#include "model/words/condition.h"
#include "model/words/content.h"
#include "model/words/workload.h"

namespace powercut {
namespace {

// The entry, if it is a file that could be read, else `nullptr`: what could not
// be read satisfies no test of its inside.
const ObservedEntry* FindFile(const Observation& observation,
                              const std::string& path) {
  const ObservedEntry* entry = observation.Find(path);
  if (entry == nullptr || entry->is_directory) return nullptr;
  return entry->unreadable.empty() ? entry : nullptr;
}

// The bytes of an atom that lie within the file; empty if none do.
std::string_view AtomBytes(const ObservedEntry& file, uint64_t atom) {
  const std::string_view content = file.content;
  // Compared by division, since `atom` may be any number of the text form.
  if (atom > content.size() / kAtomBytes) return {};
  return content.substr(atom * kAtomBytes, kAtomBytes);
}

// Decides whether an atom carries a fill. Edge bytes (see the top of this file)
// count if they belong to an op that wrote whole granules of this fill in the
// same atom, or, if the atom has no whole granule, to the op that has this fill
// by default.
class FillReader {
 public:
  explicit FillReader(uint64_t fill) : fill_(fill) {}

  bool Carries(std::string_view atom) {
    if (atom.empty() || !ReadWholeGranules(atom)) return false;
    // Op numbers have 16 bits, so that a larger fill is no op's default.
    if (!last_ && fill_ >= 1 && fill_ <= UINT16_MAX) {
      AllowEdge(static_cast<uint16_t>(fill_));
    }
    for (size_t at = 0; at < atom.size(); at += kGranuleBytes) {
      const std::string_view piece = atom.substr(at, kGranuleBytes);
      if (IsGranule(piece) || IsEdge(piece) || IsCutGranule(piece)) continue;
      return false;
    }
    return true;
  }

 private:
  static bool IsGranule(std::string_view piece) {
    return piece.size() == kGranuleBytes && ReadGranule(piece).has_value();
  }

  // Returns false if a granule has another fill, and notes whose edges count.
  // What is no granule is skipped here; Carries() judges it afterwards.
  bool ReadWholeGranules(std::string_view atom) {
    for (size_t at = 0; at + kGranuleBytes <= atom.size();
         at += kGranuleBytes) {
      const auto granule = ReadGranule(atom.substr(at, kGranuleBytes));
      if (!granule) continue;
      if (granule->fill != fill_) return false;
      AllowEdge(granule->op);
      last_ = granule;
    }
    return true;
  }

  void AllowEdge(uint16_t op) {
    edges_[static_cast<unsigned char>(EdgeByte(op))] = true;
  }

  bool IsEdge(std::string_view piece) const {
    return std::all_of(piece.begin(), piece.end(), [this](char c) {
      return edges_[static_cast<unsigned char>(c)];
    });
  }

  // Whether the piece is the beginning of a granule that was written whole
  // before the file was cut within it: the one that follows the last whole one.
  bool IsCutGranule(std::string_view piece) const {
    if (piece.size() == kGranuleBytes || !last_) return false;
    const uint64_t offset_bytes = (last_->index + 1) * kGranuleBytes;
    return MakeContent(last_->file, last_->op, last_->fill,
                       {offset_bytes, kGranuleBytes})
        .starts_with(piece);
  }

  uint64_t fill_;
  std::array<bool, 256> edges_{};
  std::optional<Granule> last_;
};

// Whether the bytes of an atom or sector are as the test says. `old` is what
// was in their place at the end of `init`; `std::nullopt` if there was no such
// file.
bool BytesHold(const Condition& test, std::string_view bytes,
               std::optional<std::string_view> old) {
  switch (test.word) {
    case Condition::kOld:
      return old.has_value() && *old == bytes;
    case Condition::kZero:
      // An atom beyond the end of the file is not there, and so is not zeros.
      return !bytes.empty() && AllZero(AsBytes(bytes));
    default:
      return FillReader(test.value).Carries(bytes);
  }
}

bool AtomHolds(const Condition& test, const Observation& observation,
               const Observation& before) {
  const ObservedEntry* file = FindFile(observation, test.path);
  if (file == nullptr) return false;
  const ObservedEntry* old = FindFile(before, test.path);
  std::optional<std::string_view> old_bytes;
  if (old != nullptr) old_bytes = AtomBytes(*old, test.number);
  return BytesHold(test, AtomBytes(*file, test.number), old_bytes);
}

// A sector of the raw part. Observations leave out the zeros at the end of the
// device, which are added again here.
std::string SectorBytes(const Observation& observation, uint64_t sector) {
  const std::string_view device = observation.device;
  std::string bytes;
  if (sector <= device.size() / kAtomBytes) {
    bytes = device.substr(sector * kAtomBytes, kAtomBytes);
  }
  bytes.resize(kAtomBytes);
  return bytes;
}

bool SectorHolds(const Condition& test, const Observation& observation,
                 const Observation& before) {
  const std::string bytes = SectorBytes(observation, test.number);
  // A sector's fill is the number of the op that wrote it, which is never 0.
  // Fill 0 therefore stands for a sector that was never written, or discarded.
  if (test.word == Condition::kNumber && test.value == 0) {
    return AllZero(AsBytes(bytes));
  }
  return BytesHold(test, bytes, SectorBytes(before, test.number));
}

std::optional<bool> ValidHolds(const Condition& test,
                               const Observation& observation) {
  const ObservedEntry* file = FindFile(observation, test.path);
  if (file == nullptr) return false;
  if (!file->valid_bytes) return std::nullopt;
  return *file->valid_bytes == test.value;
}

std::optional<bool> MtimeHolds(const Condition& test,
                               const Observation& observation,
                               const Observation& before) {
  // FindFile() would leave out directories, which have times, too.
  const ObservedEntry* entry = observation.Find(test.path);
  if (entry == nullptr || !entry->unreadable.empty()) return false;
  if (!entry->mtime) return std::nullopt;
  if (test.word != Condition::kOld) return *entry->mtime == test.value;
  const ObservedEntry* old = before.Find(test.path);
  return old != nullptr && old->mtime == entry->mtime;
}

bool SizeHolds(const Condition& test, const Observation& observation) {
  const ObservedEntry* file = FindFile(observation, test.path);
  return file != nullptr && file->size_bytes == test.value;
}

bool SameHolds(const Condition& test, const Observation& observation) {
  const ObservedEntry* left = observation.Find(test.path);
  const ObservedEntry* right = observation.Find(test.path2);
  return left != nullptr && right != nullptr && left->file_id == right->file_id;
}

// The root directory is always there and never among the entries.
bool ExistsIn(const Observation& observation, const std::string& path) {
  return path == "/" || observation.Find(path) != nullptr;
}

bool IsDirectory(const Observation& observation, const std::string& path) {
  if (path == "/") return true;
  const ObservedEntry* entry = observation.Find(path);
  return entry != nullptr && entry->is_directory;
}

// One log of an observation, with its records by number instead of by LSN.
class LogReader {
 public:
  LogReader(const ObservedLog& log, const Workload& workload) : log_(log) {
    for (const auto* section : {&workload.init, &workload.run}) {
      for (const Op& op : *section) {
        const bool appends =
            op.kind == OpKind::kLogAppend || op.kind == OpKind::kLogRestart;
        if (!appends || op.names[0] != log.name) continue;
        if (op.expected.kind == ExpectedResult::kOk) ops_.push_back(op.number);
      }
    }
    for (const ObservedRecord& record : log.records) {
      numbers_.push_back(
          NumberOf(record.content, numbers_.empty() ? 0 : numbers_.back()));
    }
  }

  bool HasExactly(uint64_t first, uint64_t last) const {
    if (numbers_.size() != last - first + 1) return false;
    for (size_t i = 0; i < numbers_.size(); ++i) {
      if (numbers_[i] != first + i) return false;
    }
    return true;
  }

  // The number of the record with this LSN; 0 if no such record can be read.
  uint64_t NumberAt(uint64_t lsn) const {
    for (size_t i = 0; i < numbers_.size(); ++i) {
      if (log_.records[i].lsn == lsn) return numbers_[i];
    }
    return 0;
  }

 private:
  // The number of the record with this content; 0 if no op appended it. A
  // record shorter than a granule names its op only modulo 128. It is taken for
  // that of the first such op after `before`, the number of the record before
  // it.
  uint64_t NumberOf(std::string_view content, uint64_t before) const {
    if (content.empty()) return 0;
    const auto granule = content.size() < kGranuleBytes
                             ? std::nullopt
                             : ReadGranule(content.substr(0, kGranuleBytes));
    for (size_t i = 0; i < ops_.size(); ++i) {
      const auto op = static_cast<uint16_t>(ops_[i]);
      if (granule) {
        if (granule->op == op) return i + 1;
      } else if (i >= before && content.size() < kGranuleBytes &&
                 content[0] == EdgeByte(op)) {
        return i + 1;
      }
    }
    return 0;
  }

  const ObservedLog& log_;
  // The op that made record i + 1 is ops_[i].
  std::vector<uint32_t> ops_;
  // The numbers of the observed records, in their order in the log.
  std::vector<uint64_t> numbers_;
};

std::optional<bool> LogHolds(const Condition& test,
                             const Observation& observation,
                             const Workload& workload) {
  const auto& logs = observation.logs;
  const auto log = std::find_if(
      logs.begin(), logs.end(),
      [&](const ObservedLog& one) { return one.name == test.path; });
  if (log == logs.end()) return std::nullopt;
  if (!log->unreadable.empty()) return false;
  const LogReader reader(*log, workload);
  if (test.kind == Condition::kBase) {
    const uint64_t number = reader.NumberAt(log->base_lsn);
    // A base that leads to no record that can be read equals no number.
    return number == test.value && (number > 0 || log->base_lsn == 0);
  }
  if (test.kind == Condition::kRestart) {
    if (test.word == Condition::kNone) return log->restart_lsn == 0;
    return log->restart_lsn != 0 &&
           reader.NumberAt(log->restart_lsn) == test.value;
  }
  if (test.word == Condition::kEmpty) return log->records.empty();
  return reader.HasExactly(test.number, test.value);
}

// What a condition is compared with.
struct Held {
  const Observation& now;
  const Observation& before;
  const Workload& workload;
};

// Asks both operands of `and` and `or` even where the first one decides, since
// a part that the storage does not show makes the whole unknown.
std::optional<bool> HoldsOf(const Condition& condition, const Held& held) {
  switch (condition.kind) {
    case Condition::kAnd:
    case Condition::kOr: {
      POWERCUT_CHECK(condition.operands.size() == 2);
      const auto left = HoldsOf(condition.operands[0], held);
      const auto right = HoldsOf(condition.operands[1], held);
      if (!left || !right) return std::nullopt;
      return condition.kind == Condition::kAnd ? *left && *right
                                               : *left || *right;
    }
    case Condition::kNot: {
      POWERCUT_CHECK(condition.operands.size() == 1);
      const auto inner = HoldsOf(condition.operands[0], held);
      if (!inner) return std::nullopt;
      return !*inner;
    }
    case Condition::kAtom:
      return AtomHolds(condition, held.now, held.before);
    case Condition::kSize:
      return SizeHolds(condition, held.now);
    case Condition::kValid:
      return ValidHolds(condition, held.now);
    case Condition::kMtime:
      return MtimeHolds(condition, held.now, held.before);
    case Condition::kExists:
      return ExistsIn(held.now, condition.path);
    case Condition::kMissing:
      return !ExistsIn(held.now, condition.path);
    case Condition::kIsDir:
      return IsDirectory(held.now, condition.path);
    case Condition::kSame:
      return SameHolds(condition, held.now);
    case Condition::kLog:
    case Condition::kBase:
    case Condition::kRestart:
      return LogHolds(condition, held.now, held.workload);
    case Condition::kSector:
      return SectorHolds(condition, held.now, held.before);
  }
  return std::nullopt;
}

}  // namespace

std::optional<bool> Holds(const Condition& condition,
                          const Observation& observation,
                          const Observation& before, const Workload& workload) {
  const std::optional<bool> holds =
      HoldsOf(condition, {observation, before, workload});
  // A volume that did not mount shows no state of its files, so that neither
  // `missing` nor `not exists` may hold. The failed mount is a violation of its
  // own.
  if (holds && !observation.unreadable.empty()) return false;
  return holds;
}

}  // namespace powercut
