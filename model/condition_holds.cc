// Whether an observation of files satisfies a condition; see condition.h.

#include <algorithm>
#include <array>

#include "harness/base/bytes.h"
#include "harness/base/check.h"
#include "model/condition.h"
#include "model/content.h"

namespace powercut {
namespace {

// The entry, if it is a file that could be read.
const ObservedEntry* FindFile(const Observation& observation,
                              const std::string& path) {
  const ObservedEntry* entry = observation.Find(path);
  if (entry == nullptr || entry->is_directory) return nullptr;
  return entry->unreadable.empty() ? entry : nullptr;
}

// The bytes of an atom that lie within the file; empty if none do.
std::string_view AtomBytes(const ObservedEntry& file, uint64_t atom) {
  const std::string_view content = file.content;
  if (atom > content.size() / kAtomBytes) return {};
  return content.substr(atom * kAtomBytes, kAtomBytes);
}

// Where an atom holds an op's edge (an op may begin, end, or have been cut
// within a granule), the bytes name the op only modulo 128, and no fill. They
// count as the fill's if they are the edge of an op that wrote whole granules
// of this fill in the same atom; or, where there are none, of the op that has
// this fill by default.
class FillReader {
 public:
  explicit FillReader(uint64_t fill) : fill_(fill) {}

  bool Carries(std::string_view atom) {
    if (atom.empty() || !ReadWholeGranules(atom)) return false;
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

  // False if a granule has another fill.
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

  // A granule that was written whole, before the file was cut within it.
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

bool AtomHolds(const Condition& test, const Observation& observation,
               const Observation& before) {
  const ObservedEntry* file = FindFile(observation, test.path);
  if (file == nullptr) return false;
  const std::string_view atom = AtomBytes(*file, test.number);
  switch (test.word) {
    case Condition::kOld: {
      const ObservedEntry* old = FindFile(before, test.path);
      return old != nullptr && AtomBytes(*old, test.number) == atom;
    }
    case Condition::kZero:
      return !atom.empty() && AllZero(AsBytes(atom));
    default:
      return FillReader(test.value).Carries(atom);
  }
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

// Requires: both operands of `and` and `or` are asked even when the first
// decides, since a part that files do not show makes the whole unknown.
std::optional<bool> HoldsOnTree(const Condition& condition,
                                const Observation& observation,
                                const Observation& before) {
  switch (condition.kind) {
    case Condition::kAnd:
    case Condition::kOr: {
      CHECK(condition.operands.size() == 2);
      const auto left = HoldsOnTree(condition.operands[0], observation, before);
      const auto right =
          HoldsOnTree(condition.operands[1], observation, before);
      if (!left || !right) return std::nullopt;
      return condition.kind == Condition::kAnd ? *left && *right
                                               : *left || *right;
    }
    case Condition::kNot: {
      CHECK(condition.operands.size() == 1);
      const auto inner =
          HoldsOnTree(condition.operands[0], observation, before);
      if (!inner) return std::nullopt;
      return !*inner;
    }
    case Condition::kAtom:
      return AtomHolds(condition, observation, before);
    case Condition::kSize:
      return SizeHolds(condition, observation);
    case Condition::kExists:
      return ExistsIn(observation, condition.path);
    case Condition::kMissing:
      return !ExistsIn(observation, condition.path);
    case Condition::kIsDir:
      return IsDirectory(observation, condition.path);
    case Condition::kSame:
      return SameHolds(condition, observation);
    case Condition::kValid:
    case Condition::kMtime:
    case Condition::kLog:
    case Condition::kBase:
    case Condition::kRestart:
    case Condition::kSector:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<bool> Holds(const Condition& condition,
                          const Observation& observation,
                          const Observation& before) {
  const std::optional<bool> holds = HoldsOnTree(condition, observation, before);
  // A volume that did not mount shows no state of its files: neither `missing`
  // nor `not exists` is then true of it. That it did not mount is a violation
  // of its own.
  if (holds && !observation.unreadable.empty()) return false;
  return holds;
}

}  // namespace powercut
