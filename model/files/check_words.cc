// ViolationWriter: a violation with its op at fault, promise, cause and words.
//
// Method. Every violation is made in the same steps:
//   1. the kind and the role, from what is wrong with which object
//   2. the op at fault (Blame): the op whose change of the object is pending,
//      else State::SuspectOp()
//   3. the promise in force (SetPromise): the floor of the object's chain says
//      which op's effect is promised, and by which flush
//   4. the cause, from the kind, role, op and flush (MakeCause)
//   5. what would have been admissible: the versions from the floor on, each
//      named by its op
//   6. what was found, named by the op that wrote it if any did
// Data identifies itself (model/words/content.h), so that step 6 can also name
// an op that wrote the bytes elsewhere, or for another file.
//
// Example: op 2 wrote the 512 bytes of /f in `init`, `write /f 0 512` (op 3)
// and `fsync /f` (op 4) returned, and the bytes of op 2 are found. The kind is
// `lost`, and the role is `bystander`, since nothing of /f is pending. The op
// at fault is the last one, op 4. The promise is op 3's effect by op 4.
// Admissible is "bytes 0 to 511 are op 3's", and found is "bytes 0 to 511 are
// op 2's".

#include "model/files/check_words.h"

#include <algorithm>

#include "harness/base/bytes.h"
#include "model/files/check_files.h"
#include "model/words/content.h"

namespace powercut {
namespace {

std::string JoinWithOr(const std::vector<std::string>& parts) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " or " : ", ";
    text += parts[i];
  }
  return text;
}

std::string JoinWithAnd(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : " and ") + part;
  }
  return text;
}

void AddOnce(std::vector<std::string>& parts, std::string part) {
  if (std::find(parts.begin(), parts.end(), part) == parts.end()) {
    parts.push_back(std::move(part));
  }
}

// Where the bytes of a granule that is not in its place belong.
std::string StaleText(const File& file, const Granule& granule) {
  if (granule.file == file.created_by) {
    return "what op " + std::to_string(granule.op) +
           " wrote elsewhere in the file";
  }
  return "what op " + std::to_string(granule.op) +
         " wrote to the file that op " + std::to_string(granule.file) +
         " created";
}

// One version of an atom that was ever in memory, in whichever generation.
struct AtomVersion {
  uint32_t op = 0;
  uint32_t version = 0;
  const Generation* generation = nullptr;
  std::string_view content;
};

std::vector<AtomVersion> VersionsOf(const Model::State& s,
                                    const AtomPlace& place) {
  std::vector<AtomVersion> versions;
  for (const Generation& g : place.generations) {
    const Chain& chain = s.chains[g.chain];
    for (uint32_t v = 1; v <= g.contents.size(); ++v) {
      versions.push_back({chain.versions[v].op, v, &g, g.contents[v - 1]});
    }
  }
  return versions;
}

// Which version of the atom has `part` at offset `at`, in words; `std::nullopt`
// if no version has it and it is not zeros.
std::optional<std::string> OwnerOf(const std::vector<AtomVersion>& versions,
                                   uint64_t at, std::string_view part) {
  // The newest version comes first: several may have the same bytes there, and
  // the last writer is the most likely one.
  for (auto v = versions.rbegin(); v != versions.rend(); ++v) {
    std::string content(v->content);
    content.resize(kAtomBytes);
    if (std::string_view(content).substr(at, part.size()) != part) continue;
    return v->content.size() <= at ? "zeros" : ViolationWriter::OpName(v->op);
  }
  if (AllZero(AsBytes(part))) return "zeros";
  return std::nullopt;
}

}  // namespace

std::string ViolationWriter::OpName(uint32_t op) {
  return op == 0 ? "what was there at the start"
                 : "op " + std::to_string(op) + "'s";
}

Violation ViolationWriter::Blame(CauseParts& parts, uint32_t op) const {
  Violation violation;
  violation.kind = parts.kind;
  violation.op = op;
  if (op > 0) {
    parts.op = s_.OpOf(op).kind;
    violation.op_returned = s_.timelines[op].returned > 0;
  }
  return violation;
}

void ViolationWriter::SetPromise(Violation& violation, CauseParts& parts,
                                 uint32_t effect,
                                 std::optional<uint32_t> flush) const {
  violation.promise = {effect, flush};
  // A flush that covered the volume is named `sync` in causes, whichever verb
  // it had: such flushes promise the same (MakeCause()).
  if (flush) {
    const bool whole =
        *flush == 0 ||
        s_.promises[s_.timelines[*flush].primitive].scope == Scope::kVolume;
    parts.volume_guarantee = whole;
    if (!whole) parts.guarantee = s_.OpOf(*flush).kind;
  }
  violation.cause = MakeCause(parts);
}

Violation ViolationWriter::OfChain(CauseParts parts, ChainId id,
                                   uint32_t pending_op) const {
  const Chain& chain = s_.chains[id];
  Violation violation =
      Blame(parts, pending_op > 0 ? pending_op : s_.SuspectOp());
  const Floor& floor = chain.floor(kind_);
  SetPromise(violation, parts, chain.versions[floor.version].op,
             floor.promised_by);
  return violation;
}

Violation ViolationWriter::OfVolume(ViolationKind kind,
                                    const std::string& found) const {
  CauseParts parts;
  parts.kind = kind;
  parts.role = Role::kVolume;
  Violation violation = Blame(parts, s_.SuspectOp());
  SetPromise(violation, parts, 0, s_.last_flush);
  violation.admissible = "a volume that mounts and can be read";
  violation.found = found;
  return violation;
}

Violation ViolationWriter::OfProbe(const std::string& failure) const {
  CauseParts parts;
  parts.kind = ViolationKind::kError;
  parts.role = Role::kProbe;
  Violation violation = Blame(parts, s_.SuspectOp());
  SetPromise(violation, parts, 0, s_.last_flush);
  violation.admissible = "a volume that can be used after recovery";
  violation.found = failure;
  return violation;
}

Violation ViolationWriter::OfStranger(const ObservedEntry& entry) const {
  CauseParts parts;
  parts.kind = ViolationKind::kGhost;
  parts.role = Role::kStranger;
  parts.is_directory = entry.is_directory;
  Violation violation = Blame(parts, s_.SuspectOp());
  SetPromise(violation, parts, 0, std::nullopt);
  violation.path = entry.path;
  violation.admissible = "no such name: no op ever made it";
  violation.found =
      entry.path + " is there" +
      (entry.unreadable.empty() ? "" : " and " + entry.unreadable);
  return violation;
}

Violation ViolationWriter::OfName(ViolationKind kind, const Name& name,
                                  std::string path, std::string found) const {
  CauseParts parts;
  parts.kind = kind;
  const Chain& chain = s_.chains[name.chain];
  // A pending name that leads nowhere with everything done is one that an op
  // takes away.
  const bool pending = Pending(name.chain);
  parts.role = !pending                         ? Role::kBystander
               : name.targets.back() == kNoFile ? Role::kSource
                                                : Role::kTarget;
  for (uint32_t v = FloorOf(name.chain); v <= chain.newest(); ++v) {
    const FileId file = name.targets[v];
    if (file != kNoFile) parts.is_directory = s_.tree.files[file].is_directory;
  }
  Violation violation =
      OfChain(parts, name.chain, pending ? chain.versions.back().op : 0);
  violation.admissible = path + " is " + AdmissibleTargets(name);
  violation.found = path + " " + std::move(found);
  violation.path = std::move(path);
  return violation;
}

std::string ViolationWriter::AdmissibleTargets(const Name& name) const {
  std::vector<std::string> parts;
  const Chain& chain = s_.chains[name.chain];
  for (uint32_t v = FloorOf(name.chain); v <= chain.newest(); ++v) {
    AddOnce(parts, name.targets[v] == kNoFile ? "missing"
                                              : OpName(chain.versions[v].op));
    if (kind_ == CrashKind::kProcess) continue;
    for (const uint32_t old : name.ShownInsteadOf(v)) {
      AddOnce(parts, OpName(chain.versions[old].op));
    }
  }
  return JoinWithOr(parts);
}

Violation ViolationWriter::OfEntry(const Name& name, const File& file,
                                   const ObservedEntry& entry) const {
  // The checks are those of FileMatcher::Readings(), and the first one that
  // fails is reported. If all others succeed, the time must be wrong.
  if (!entry.unreadable.empty()) return OfUnreadable(name, file, entry);
  if (entry.is_directory != file.is_directory) {
    return OfName(ViolationKind::kName, name, entry.path,
                  entry.is_directory ? "is a directory" : "is a file");
  }
  if (file.is_directory) return OfTimes(file, entry);
  const FileMatcher matcher(s_, kind_);
  const std::vector<uint32_t> shapes = matcher.ShapesLike(file, entry);
  if (shapes.empty()) return OfShape(file, entry);
  // The atoms are held against the newest of the shapes that have the size.
  const uint64_t atoms = (entry.content.size() + kAtomBytes - 1) / kAtomBytes;
  for (uint64_t index = 0; index < atoms; ++index) {
    const std::string_view bytes =
        std::string_view(entry.content).substr(index * kAtomBytes, kAtomBytes);
    if (!matcher.AtomMatches(file, shapes.back(), index, bytes)) {
      return OfAtom(file, entry, shapes.back(), index);
    }
  }
  return OfTimes(file, entry);
}

// A file or directory is there but cannot be opened or read. If its name is not
// pending and its inside is, the op that changes the inside is blamed.
Violation ViolationWriter::OfUnreadable(const Name& name, const File& file,
                                        const ObservedEntry& entry) const {
  Violation violation =
      OfName(ViolationKind::kUnreadable, name, entry.path, entry.unreadable);
  const uint32_t pending = PendingOp(file);
  if (pending == 0 || Pending(name.chain)) return violation;
  CauseParts parts;
  parts.kind = ViolationKind::kUnreadable;
  parts.role = Role::kWritten;
  parts.is_directory = file.is_directory;
  Violation written = OfChain(parts, name.chain, pending);
  written.path = std::move(violation.path);
  written.admissible = std::move(violation.admissible);
  written.found = std::move(violation.found);
  return written;
}

uint32_t ViolationWriter::PendingOp(const File& file) const {
  uint32_t op = 0;
  const auto look = [&](ChainId id) {
    if (Pending(id)) op = std::max(op, s_.chains[id].versions.back().op);
  };
  look(file.shape);
  for (const auto& [index, place] : file.atoms) {
    for (const Generation& g : place.generations) look(g.chain);
  }
  for (const auto& [text, id] : file.names) look(s_.tree.names[id].chain);
  return op;
}

Violation ViolationWriter::OfFile(ViolationKind kind, const File& file,
                                  ChainId chain,
                                  const std::string& path) const {
  CauseParts parts;
  parts.kind = kind;
  const uint32_t pending = PendingOp(file);
  parts.role = pending > 0 ? Role::kWritten : Role::kBystander;
  Violation violation = OfChain(parts, chain, pending);
  violation.path = path;
  return violation;
}

ViolationKind ViolationWriter::KindOfOld(const Chain& chain,
                                         uint32_t version) const {
  return version < chain.earlier_floor ? ViolationKind::kRegress
                                       : ViolationKind::kLost;
}

Violation ViolationWriter::OfShape(const File& file,
                                   const ObservedEntry& entry) const {
  const Chain& chain = s_.chains[file.shape];
  const uint32_t floor = FloorOf(file.shape);
  bool size_fits = false;
  std::vector<std::string> sizes;
  for (uint32_t v = floor; v <= chain.newest(); ++v) {
    size_fits = size_fits || file.shapes[v].size_bytes == entry.size_bytes;
    AddOnce(sizes, std::to_string(file.shapes[v].size_bytes));
  }
  if (size_fits) {
    Violation violation =
        OfFile(ViolationKind::kSize, file, file.shape, entry.path);
    violation.admissible = "another valid data length";
    violation.found = "size " + std::to_string(entry.size_bytes) +
                      ", valid data length " +
                      std::to_string(entry.valid_bytes.value_or(0));
    return violation;
  }
  // A size that the file had below the floor is back; any other size is one
  // that the file never had.
  ViolationKind kind = ViolationKind::kSize;
  std::string whose;
  for (uint32_t v = floor; v-- > 0;) {
    if (file.shapes[v].size_bytes != entry.size_bytes) continue;
    kind = KindOfOld(chain, v);
    whose = ", " + OpName(chain.versions[v].op);
    break;
  }
  Violation violation = OfFile(kind, file, file.shape, entry.path);
  violation.admissible = "size " + JoinWithOr(sizes);
  violation.found = "size " + std::to_string(entry.size_bytes) + whose;
  return violation;
}

Violation ViolationWriter::OfTimes(const File& file,
                                   const ObservedEntry& entry) const {
  const uint64_t mtime = entry.mtime.value_or(0);
  const uint32_t floor = FloorOf(file.times);
  ViolationKind kind = ViolationKind::kTime;
  for (uint32_t v = 0; v < floor; ++v) {
    if (file.mtimes[v] == mtime) kind = KindOfOld(s_.chains[file.times], v);
  }
  Violation violation = OfFile(kind, file, file.times, entry.path);
  std::vector<std::string> times;
  for (uint32_t v = floor; v < file.mtimes.size(); ++v) {
    AddOnce(times, std::to_string(file.mtimes[v]));
  }
  violation.admissible = "time " + JoinWithOr(times);
  violation.found = "time " + std::to_string(mtime);
  return violation;
}

Violation ViolationWriter::OfAtom(const File& file, const ObservedEntry& entry,
                                  uint32_t shape, uint64_t index) const {
  static const AtomPlace kNeverWritten;
  const auto found_place = file.atoms.find(index);
  const AtomPlace& place =
      found_place == file.atoms.end() ? kNeverWritten : found_place->second;
  const std::string_view bytes =
      std::string_view(entry.content).substr(index * kAtomBytes, kAtomBytes);
  const auto [kind, found] = ClassifyAtom(file, place, index, bytes);
  const AtomView view = ViewOf(place, shape);
  // Zeros of a hole and bytes after a cut come from the shape, so that the
  // promise of the shape is the one that was broken there.
  const bool whole = view.generation != nullptr &&
                     view.limit_bytes == kAtomBytes &&
                     view.cuts_of_older.empty();
  const ChainId chain = whole ? view.generation->chain : file.shape;
  Violation violation = OfFile(kind, file, chain, entry.path);
  const std::string range =
      "bytes " + std::to_string(index * kAtomBytes) + " to " +
      std::to_string(index * kAtomBytes + bytes.size() - 1);
  // The admissible versions, oldest generation first. While a generation may be
  // at version 0, what was visible before it is admissible, too.
  std::vector<std::string> versions;
  for (AtomView v = view;; v = ViewBefore(place, *v.generation)) {
    if (v.generation == nullptr) {
      versions.insert(versions.begin(), "zeros");
      break;
    }
    const uint32_t floor = FloorOf(v.generation->chain);
    std::vector<std::string> own;
    for (uint32_t n = std::max(floor, 1U); n <= v.generation->contents.size();
         ++n) {
      if (v.LimitOf(n) == 0) {
        AddOnce(own, "zeros");
        continue;
      }
      AddOnce(own, OpName(s_.chains[v.generation->chain].versions[n].op));
    }
    versions.insert(versions.begin(), own.begin(), own.end());
    if (floor > 0) break;
  }
  violation.admissible = range + " are " + JoinWithOr(versions);
  violation.found = range + " are " + found;
  return violation;
}

std::pair<ViolationKind, std::string> ViolationWriter::ClassifyAtom(
    const File& file, const AtomPlace& place, uint64_t index,
    std::string_view bytes) const {
  // 1. The whole atom is a version of its own, but one that must not be found.
  const std::vector<AtomVersion> versions = VersionsOf(s_, place);
  for (auto v = versions.rbegin(); v != versions.rend(); ++v) {
    const Chain& chain = s_.chains[v->generation->chain];
    const size_t written = std::min(v->content.size(), bytes.size());
    if (bytes.substr(0, written) == v->content.substr(0, written) &&
        AllZero(AsBytes(bytes.substr(written)))) {
      return {KindOfOld(chain, v->version), OpName(v->op)};
    }
  }
  // 2. Zeros, where something was written or the space before it was not zero.
  if (AllZero(AsBytes(bytes))) return {ViolationKind::kLost, "zeros"};
  // 3. Granule by granule: bytes from another place or file, a mixture of the
  // atom's own versions, or bytes that no op wrote.
  std::vector<std::string> mixed;
  bool all_own = true;
  for (uint64_t at = 0; at < bytes.size(); at += kGranuleBytes) {
    const std::string_view part = bytes.substr(at, kGranuleBytes);
    const auto granule =
        part.size() == kGranuleBytes ? ReadGranule(part) : std::nullopt;
    // A granule that names its own file and place is no stray, whichever op it
    // names.
    const uint64_t number = (index * kAtomBytes + at) / kGranuleBytes;
    if (granule &&
        (granule->file != file.created_by || granule->index != number)) {
      return {ViolationKind::kStale, StaleText(file, *granule)};
    }
    const auto op = OwnerOf(versions, at, part);
    all_own = all_own && op;
    if (op) AddOnce(mixed, *op);
  }
  if (all_own) {
    return {ViolationKind::kTorn, "a mix of " + JoinWithAnd(mixed)};
  }
  return {ViolationKind::kGhost, "what nobody wrote there"};
}

Violation ViolationWriter::OfRule(ChainId id, const std::string& path,
                                  const Implication& rule) const {
  const Chain& chain = s_.chains[id];
  CauseParts parts;
  switch (chain.kind) {
    case ChainKind::kName:
      parts.kind = ViolationKind::kName;
      break;
    case ChainKind::kShape:
      parts.kind = ViolationKind::kSize;
      break;
    case ChainKind::kTimes:
      parts.kind = ViolationKind::kTime;
      break;
    case ChainKind::kAtom:
    case ChainKind::kSector:
    case ChainKind::kCommit:
      parts.kind = ViolationKind::kLost;
      break;
  }
  parts.role = Role::kWritten;
  // The rule wants the change of the op `behind` before that of `ahead`, but
  // the crash left the second without the first.
  const uint32_t behind = chain.versions[rule.conclusion.version].op;
  const uint32_t ahead =
      s_.chains[rule.premise.chain].versions[rule.premise.version].op;
  Violation violation = OfChain(parts, id, behind);
  violation.path = path;
  violation.admissible = OpName(behind) + " before op " +
                         std::to_string(ahead) + "'s (" +
                         std::string(OrderRuleName(rule.rule)) + ")";
  violation.found =
      "op " + std::to_string(ahead) + "'s without " + OpName(behind);
  return violation;
}

Violation ViolationWriter::OfLog(const std::string& name,
                                 const LogViolation& log) const {
  CauseParts parts;
  parts.kind = log.kind;
  parts.role = name.empty() ? Role::kVolume : Role::kWritten;
  Violation violation = Blame(parts, log.op);
  SetPromise(violation, parts, log.promise.effect_op, log.promise.flush_op);
  violation.path = name;
  violation.admissible = log.admissible;
  violation.found = log.found;
  return violation;
}

Violation ViolationWriter::OfSector(uint64_t number, const RawSector& sector,
                                    std::string_view bytes) const {
  const Chain& chain = s_.chains[sector.chain];
  CauseParts parts;
  parts.kind =
      AllZero(AsBytes(bytes)) ? ViolationKind::kLost : ViolationKind::kGhost;
  // Contents that are empty stand for zeros. The newest version that has these
  // bytes decides the kind.
  for (uint32_t v = 0; v < FloorOf(sector.chain); ++v) {
    std::string content = sector.contents[v];
    content.resize(kAtomBytes);
    if (content == bytes) parts.kind = KindOfOld(chain, v);
  }
  parts.role = Role::kWritten;
  Violation violation =
      OfChain(parts, sector.chain,
              Pending(sector.chain) ? chain.versions.back().op : 0);
  std::vector<std::string> versions;
  for (uint32_t v = FloorOf(sector.chain); v <= chain.newest(); ++v) {
    AddOnce(versions, sector.contents[v].empty()
                          ? "zeros"
                          : OpName(chain.versions[v].op));
  }
  const std::string place = "sector " + std::to_string(number);
  violation.admissible = place + " is " + JoinWithOr(versions);
  const auto granule = ReadGranule(bytes.substr(0, kGranuleBytes));
  violation.found = place + " is " +
                    (AllZero(AsBytes(bytes)) ? "zeros"
                     : granule               ? OpName(granule->op)
                                             : "what nobody wrote there");
  return violation;
}

}  // namespace powercut
