// What may be found: judging an observation against the floors, what was
// issued, and the rules between names.
//
// The tree is walked along the model's names, not along the observation, so
// that what is missing is noticed; entries left over afterwards are strangers.
// For each name the walk finds the versions that explain what was observed
// there; SettleRenames() then looks for one choice of versions that obeys the
// rename rules.
//
// Where several files explain one that was observed, as when a name was made,
// taken away and made again, the walk takes one of them, and Model::Check()
// tries the others until one reading of the whole is admissible.

#include "harness/base/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "model/content.h"
#include "model/model_state.h"

namespace powercut {
namespace {

// Readings of one observation that are tried before it is held against the
// system. A file explains an observed one by mistake only as long as it is
// empty or a directory, so that this is seldom more than one.
constexpr int kMaxReadings = 1024;

std::string OpName(uint32_t op) {
  return op == 0 ? "what was there at the start"
                 : "op " + std::to_string(op) + "'s";
}

std::string JoinWithOr(const std::vector<std::string>& parts) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? " or " : ", ";
    text += parts[i];
  }
  return text;
}

void AddOnce(std::vector<std::string>& parts, std::string part) {
  if (std::find(parts.begin(), parts.end(), part) == parts.end()) {
    parts.push_back(std::move(part));
  }
}

bool AllZeroText(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

// Which of the files that explain an observed one it is taken for.
struct Choice {
  size_t taken = 0;
  size_t count = 0;
};

// One reading of an observation. Lives during Model::Check() only.
class Checker {
 public:
  // Chooses as in `choices` where there is a choice, in the order of the walk;
  // beyond them, the newest file.
  Checker(const Model::State& state, const Observation& observation,
          CrashKind kind, std::vector<Choice> choices = {})
      : s_(state),
        seen_(observation),
        kind_(kind),
        choices_(std::move(choices)) {}

  // All choices there were, when it has run.
  std::vector<Choice> TakeChoices() { return std::move(choices_); }

  std::vector<Violation> Run() {
    if (!seen_.unreadable.empty()) {
      return {OfVolume(ViolationKind::kUnreadable, seen_.unreadable)};
    }
    visited_.assign(seen_.entries.size(), false);
    explained_.assign(seen_.entries.size(), false);
    WalkDirectory(kRootDirectory, "");
    SettleRenames();
    CheckStrangers();
    CheckProbe();
    std::sort(violations_.begin(), violations_.end(),
              [](const Violation& a, const Violation& b) {
                return std::tie(a.path, a.cause) < std::tie(b.path, b.cause);
              });
    return std::move(violations_);
  }

  Violation OfVolume(ViolationKind kind, const std::string& found) const {
    CauseParts parts;
    parts.kind = kind;
    parts.role = Role::kVolume;
    Violation violation = Blame(parts, s_.SuspectOp());
    SetPromise(violation, parts, 0, s_.last_flush);
    violation.admissible = "a volume that mounts and can be read";
    violation.found = found;
    return violation;
  }

 private:
  // What the versions of a name that may be found, and explain what was, are.
  struct NameVerdict {
    std::vector<uint32_t> versions;  // ascending
    std::string path;
  };

  template <class Value>
  uint32_t FloorOf(const Chain<Value>& chain) const {
    return chain.floor(kind_).version;
  }
  size_t IndexOf(const ObservedEntry& entry) const {
    return static_cast<size_t>(&entry - seen_.entries.data());
  }
  template <class Value>
  bool Pending(const Chain<Value>& chain) const {
    return FloorOf(chain) < chain.newest();
  }

  // --- violations ---------------------------------------------------------

  // Fills in the op at fault and what the cause needs of it.
  Violation Blame(CauseParts& parts, uint32_t op) const {
    Violation violation;
    violation.kind = parts.kind;
    violation.op = op;
    if (op > 0) {
      parts.op = s_.OpOf(op).kind;
      violation.op_returned = s_.courses[op].returned > 0;
    }
    return violation;
  }

  void SetPromise(Violation& violation, CauseParts& parts, uint32_t effect,
                  std::optional<uint32_t> flush) const {
    violation.promise = {effect, flush};
    if (flush) {
      const bool whole = *flush == 0 || s_.profile->fsync_covers_volume ||
                         s_.OpOf(*flush).kind == OpKind::kSyncfs;
      parts.volume_guarantee = whole;
      if (!whole) parts.guarantee = s_.OpOf(*flush).kind;
    }
    violation.cause = MakeCause(parts);
  }

  template <class Value>
  Violation OfChain(CauseParts parts, const Chain<Value>& chain,
                    uint32_t pending_op) const {
    Violation violation =
        Blame(parts, pending_op > 0 ? pending_op : s_.SuspectOp());
    const Floor& floor = chain.floor(kind_);
    SetPromise(violation, parts, chain.versions[floor.version].op,
               floor.promised_by);
    return violation;
  }

  Violation OfName(ViolationKind kind, const Name& name, std::string path,
                   std::string found) const {
    CauseParts parts;
    parts.kind = kind;
    const bool pending = Pending(name.chain);
    const FileId newest = name.chain.versions.back().value;
    parts.role = !pending            ? Role::kBystander
                 : newest == kNoFile ? Role::kSource
                                     : Role::kTarget;
    for (uint32_t v = FloorOf(name.chain); v <= name.chain.newest(); ++v) {
      const FileId file = name.chain.versions[v].value;
      if (file != kNoFile)
        parts.is_directory = s_.tree.files[file].is_directory;
    }
    Violation violation =
        OfChain(parts, name.chain, pending ? name.chain.versions.back().op : 0);
    violation.admissible = path + " is " + AdmissibleTargets(name);
    violation.found = path + " " + std::move(found);
    violation.path = std::move(path);
    return violation;
  }

  std::string AdmissibleTargets(const Name& name) const {
    std::vector<std::string> parts;
    for (uint32_t v = FloorOf(name.chain); v <= name.chain.newest(); ++v) {
      const auto& version = name.chain.versions[v];
      AddOnce(parts, version.value == kNoFile ? "missing" : OpName(version.op));
    }
    return JoinWithOr(parts);
  }

  // --- names --------------------------------------------------------------

  void WalkDirectory(FileId directory, const std::string& path) {
    for (const auto& [text, id] : s_.tree.files[directory].names) {
      std::string child = path;
      child += '/';
      child += text;
      CheckName(id, child);
    }
  }

  void CheckName(NameId id, const std::string& path) {
    const Name& name = s_.tree.names[id];
    const ObservedEntry* entry = seen_.Find(path);
    if (entry == nullptr) return CheckMissing(id, name, path);
    visited_[IndexOf(*entry)] = true;
    std::map<FileId, std::vector<Violation>> explained;
    std::vector<FileId> candidates;  // the newest first
    for (uint32_t v = name.chain.newest() + 1; v-- > FloorOf(name.chain);) {
      const FileId file = name.chain.versions[v].value;
      if (file == kNoFile) continue;
      const auto [found, added] = explained.try_emplace(file);
      if (!added) continue;
      found->second = ExplainEntry(name, file, *entry);
      if (found->second.empty()) candidates.push_back(file);
    }
    if (explained.empty()) {
      return Report(id, OfName(ViolationKind::kRegress, name, path,
                               "is there, although its removal was promised"));
    }
    if (candidates.empty()) return ReportUnexplained(id, *entry, explained);
    const FileId file = TakeFor(id, *entry, std::move(candidates));
    if (file == kNoFile) return;
    explained_[IndexOf(*entry)] = true;
    Admit(id, path, file);
    if (entry->is_directory) WalkDirectory(file, path);
  }

  void CheckMissing(NameId id, const Name& name, const std::string& path) {
    if (Admit(id, path, kNoFile)) return;
    Report(id, OfName(Pending(name.chain) ? ViolationKind::kName
                                          : ViolationKind::kLost,
                      name, path, "missing"));
  }

  // Of the files that explain `entry` by themselves, takes one that it can be
  // beside the rest of what was found: two names of one observed file lead to
  // one file, and two observed files are two. Reports and returns kNoFile if
  // there is none.
  FileId TakeFor(NameId id, const ObservedEntry& entry,
                 std::vector<FileId> candidates) {
    const Name& name = s_.tree.names[id];
    if (const auto known = taken_for_.find(entry.file_id);
        known != taken_for_.end()) {
      const auto& [file, path] = known->second;
      if (std::find(candidates.begin(), candidates.end(), file) !=
          candidates.end()) {
        return file;
      }
      Report(id, OfName(ViolationKind::kName, name, entry.path,
                        "is the same file as " + path));
      return kNoFile;
    }
    const FileId best = candidates.front();
    std::erase_if(candidates,
                  [&](FileId file) { return shown_at_.contains(file); });
    if (candidates.empty()) {
      Report(id, OfName(ViolationKind::kName, name, entry.path,
                        "is another file than " + shown_at_.at(best)));
      return kNoFile;
    }
    const FileId file = candidates[Choose(candidates.size())];
    taken_for_.emplace(entry.file_id, std::pair(file, entry.path));
    shown_at_.emplace(file, entry.path);
    return file;
  }

  size_t Choose(size_t count) {
    if (count == 1) return 0;
    if (choices_made_ == choices_.size()) choices_.push_back({0, count});
    return choices_[choices_made_++].taken;
  }

  // Notes the versions of a name that lead to `file`; returns whether there
  // are any that agree with what was seen before. A directory that has two
  // names is walked twice, and each name in it must be the same both times.
  bool Admit(NameId id, const std::string& path, FileId file) {
    const Name& name = s_.tree.names[id];
    const auto [place, added] = verdicts_.try_emplace(id);
    NameVerdict& verdict = place->second;
    if (!added) {
      const auto& chain = name.chain;
      if (verdict.versions.empty() ||
          chain.versions[verdict.versions.front()].value == file) {
        return true;
      }
      Report(id, OfName(ViolationKind::kName, name, path,
                        "differs from " + verdict.path));
      return true;
    }
    verdict.path = path;
    for (uint32_t v = FloorOf(name.chain); v <= name.chain.newest(); ++v) {
      if (name.chain.versions[v].value == file) verdict.versions.push_back(v);
    }
    return !verdict.versions.empty();
  }

  // A name that was reported binds no other.
  void Report(NameId id, Violation violation) {
    verdicts_[id].versions.clear();
    violations_.push_back(std::move(violation));
  }

  // No file that the name may lead to is what was found. Is it one that the
  // name led to before? Then what is lost is the change of the name.
  void ReportUnexplained(NameId id, const ObservedEntry& entry,
                         std::map<FileId, std::vector<Violation>>& explained) {
    const Name& name = s_.tree.names[id];
    for (uint32_t v = FloorOf(name.chain); v-- > 0;) {
      const auto& version = name.chain.versions[v];
      if (version.value == kNoFile || explained.contains(version.value) ||
          !ExplainEntry(name, version.value, entry).empty()) {
        continue;
      }
      return Report(id, OfName(KindOfOld(name.chain, v), name, entry.path,
                               "is " + OpName(version.op)));
    }
    ReportBest(id, explained);
  }

  // No file that the name may lead to is what was found: tells of the one that
  // comes closest, the newest of equals.
  void ReportBest(NameId id,
                  std::map<FileId, std::vector<Violation>>& explained) {
    auto best = explained.begin();
    for (auto it = explained.begin(); it != explained.end(); ++it) {
      if (it->second.size() <= best->second.size()) best = it;
    }
    for (Violation& violation : best->second) {
      Report(id, std::move(violation));
    }
  }

  // --- rename rules -------------------------------------------------------

  struct Implication {
    NameId if_name;
    uint32_t if_version;
    NameId then_name;
    uint32_t then_version;
  };

  std::vector<Implication> Implications() const {
    std::vector<Implication> rules;
    const Profile& profile = *s_.profile;
    for (const RenameLink& link : s_.tree.renames) {
      if (!profile.rename_leaves_neither) {
        rules.push_back({link.source, link.source_version, link.target,
                         link.target_version});
      }
      if (!profile.rename_leaves_both) {
        rules.push_back({link.target, link.target_version, link.source,
                         link.source_version});
      }
    }
    return rules;
  }

  void SettleRenames() {
    std::map<NameId, uint32_t> chosen;
    for (NameId id = 0; id < s_.tree.names.size(); ++id) {
      const auto verdict = verdicts_.find(id);
      if (verdict == verdicts_.end()) {
        // In a directory that is not in sight: any version may be there.
        chosen[id] = FloorOf(s_.tree.names[id].chain);
      } else if (!verdict->second.versions.empty()) {
        chosen[id] = verdict->second.versions.front();
      }
    }
    const std::vector<Implication> rules = Implications();
    for (bool changed = true; changed;) {
      changed = false;
      for (const Implication& rule : rules) {
        const auto premise = chosen.find(rule.if_name);
        const auto conclusion = chosen.find(rule.then_name);
        // A name that was reported binds nothing.
        if (premise == chosen.end() || conclusion == chosen.end()) continue;
        if (premise->second < rule.if_version ||
            conclusion->second >= rule.then_version) {
          continue;
        }
        changed = true;
        if (!Advance(conclusion->first, rule.then_version,
                     conclusion->second)) {
          ReportHalfRename(rule);
          chosen.erase(conclusion);
        }
      }
    }
  }

  // Moves the choice up to the next version from `at_least` on that explains
  // what was observed.
  bool Advance(NameId id, uint32_t at_least, uint32_t& chosen) const {
    const auto verdict = verdicts_.find(id);
    if (verdict == verdicts_.end()) {
      chosen = at_least;
      return true;
    }
    const auto& versions = verdict->second.versions;
    const auto next =
        std::lower_bound(versions.begin(), versions.end(), at_least);
    if (next == versions.end()) return false;
    chosen = *next;
    return true;
  }

  void ReportHalfRename(const Implication& rule) {
    const Name& name = s_.tree.names[rule.then_name];
    const std::string& path = verdicts_.at(rule.then_name).path;
    const std::string other = PathOf(rule.if_name);
    const bool missing = seen_.Find(path) == nullptr;
    violations_.push_back(
        OfName(ViolationKind::kName, name, path,
               std::string(missing ? "missing" : "as before") +
                   ", although the rename is done at " + other));
  }

  // --- strangers ----------------------------------------------------------

  void CheckStrangers() {
    for (size_t i = 0; i < seen_.entries.size(); ++i) {
      const ObservedEntry& entry = seen_.entries[i];
      if (visited_[i] || IsTemporary(entry)) continue;
      const size_t slash = entry.path.rfind('/');
      const ObservedEntry* parent = seen_.Find(entry.path.substr(0, slash));
      // Below a stranger, or below what could not be explained, one report is
      // enough.
      if (slash > 0 && (parent == nullptr || !explained_[IndexOf(*parent)])) {
        continue;
      }
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
      violations_.push_back(std::move(violation));
    }
  }

  // A name left beside the target of an unflushed replacing rename, that leads
  // to one of its two files.
  bool IsTemporary(const ObservedEntry& entry) {
    if (!s_.profile->rename_leaves_temporary) return false;
    const std::string directory = entry.path.substr(0, entry.path.rfind('/'));
    for (const RenameLink& link : s_.tree.renames) {
      const Name& target = s_.tree.names[link.target];
      if (link.replaced == kNoFile ||
          FloorOf(target.chain) >= link.target_version) {
        continue;
      }
      const std::string path = PathOf(link.target);
      if (path.substr(0, path.rfind('/')) != directory) continue;
      for (const FileId file :
           {link.replaced, target.chain.versions[link.target_version].value}) {
        if (file != kNoFile && ExplainEntry(target, file, entry).empty()) {
          return true;
        }
      }
    }
    return false;
  }

  // Where a name was looked for, or else would be with everything done.
  std::string PathOf(NameId id) const {
    const auto verdict = verdicts_.find(id);
    return verdict != verdicts_.end() && !verdict->second.path.empty()
               ? verdict->second.path
               : PathOfName(id);
  }

  // The path of a name with everything done.
  std::string PathOfName(NameId id) const {
    const Name& name = s_.tree.names[id];
    if (name.directory == kRootDirectory) return "/" + name.name;
    for (NameId parent = 0; parent < s_.tree.names.size(); ++parent) {
      const Name& candidate = s_.tree.names[parent];
      if (candidate.chain.versions.back().value == name.directory) {
        return PathOfName(parent) + "/" + name.name;
      }
    }
    return "/" + name.name;
  }

  // --- files --------------------------------------------------------------

  // Why `entry`, found at `name`, is not `file`; empty if it can be.
  std::vector<Violation> ExplainEntry(const Name& name, FileId id,
                                      const ObservedEntry& entry) const {
    const File& file = s_.tree.files[id];
    if (!entry.unreadable.empty()) return {OfUnreadable(name, file, entry)};
    if (entry.is_directory != file.is_directory) {
      return {OfName(ViolationKind::kName, name, entry.path,
                     entry.is_directory ? "is a directory" : "is a file")};
    }
    if (entry.is_directory) return {};
    if (!SizeIsAdmissible(file, entry.size_bytes)) {
      return {OfSize(file, entry)};
    }
    for (uint64_t at = 0; at < entry.content.size(); at += kAtomBytes) {
      const std::string_view bytes =
          std::string_view(entry.content).substr(at, kAtomBytes);
      if (!AtomIsAdmissible(file, at / kAtomBytes, bytes)) {
        return {OfAtom(file, entry, at / kAtomBytes, bytes)};
      }
    }
    return {};
  }

  // A file or directory that is there but cannot be opened or read: what is
  // pending may be its name, or what lies in it.
  Violation OfUnreadable(const Name& name, const File& file,
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

  bool SizeIsAdmissible(const File& file, uint64_t size) const {
    const uint32_t floor = FloorOf(file.size);
    for (uint32_t v = file.size.newest() + 1; v-- > floor;) {
      const Size& version = file.size.versions[v].value;
      if (version.bytes == size) return true;
      const bool between = v > floor && size > version.extended_from &&
                           size < version.bytes && size % kAtomBytes == 0;
      if (between && s_.profile->partial_extend) return true;
    }
    return false;
  }

  // Bytes from here on may be stale where they were never written: nothing
  // below was ever outside the file since the last promise.
  uint64_t StaleFrom(const File& file) const {
    if (!s_.profile->stale_data) return ~uint64_t{0};
    uint64_t from = ~uint64_t{0};
    for (uint32_t v = FloorOf(file.size); v <= file.size.newest(); ++v) {
      from = std::min(from, file.size.versions[v].value.bytes);
    }
    return from;
  }

  static bool Shows(const Atom& version, std::string_view bytes,
                    uint64_t stale_from) {
    const size_t written = std::min(version.content.size(), bytes.size());
    if (bytes.substr(0, written) !=
        std::string_view(version.content).substr(0, written)) {
      return false;
    }
    const uint64_t zeros_until = std::min<uint64_t>(
        bytes.size(), std::max<uint64_t>(written, stale_from));
    return AllZeroText(bytes.substr(written, zeros_until - written));
  }

  bool AtomIsAdmissible(const File& file, uint64_t atom,
                        std::string_view bytes) const {
    const uint64_t stale_at = StaleFrom(file);
    const uint64_t begin = atom * kAtomBytes;
    const uint64_t stale_from = stale_at > begin ? stale_at - begin : 0;
    const auto found = file.atoms.find(atom);
    if (found == file.atoms.end()) return Shows({}, bytes, stale_from);
    const Chain<Atom>& chain = found->second;
    for (uint32_t v = chain.newest() + 1; v-- > FloorOf(chain);) {
      if (Shows(chain.versions[v].value, bytes, stale_from)) return true;
    }
    return false;
  }

  // The last op that touched the file, or the names in it if it is a
  // directory, and is not promised; 0 if none.
  uint32_t PendingOp(const File& file) const {
    uint32_t op = Pending(file.size) ? file.size.versions.back().op : 0;
    for (const auto& [atom, chain] : file.atoms) {
      if (Pending(chain)) op = std::max(op, chain.versions.back().op);
    }
    for (const auto& [text, id] : file.names) {
      const Chain<FileId>& chain = s_.tree.names[id].chain;
      if (Pending(chain)) op = std::max(op, chain.versions.back().op);
    }
    return op;
  }

  template <class Value>
  Violation OfFile(ViolationKind kind, const File& file,
                   const Chain<Value>& chain, const std::string& path) const {
    CauseParts parts;
    parts.kind = kind;
    const uint32_t pending = PendingOp(file);
    parts.role = pending > 0 ? Role::kWritten : Role::kBystander;
    Violation violation = OfChain(parts, chain, pending);
    violation.path = path;
    return violation;
  }

  // An older version is back: how bad is that?
  template <class Value>
  static ViolationKind KindOfOld(const Chain<Value>& chain, uint32_t version) {
    return version < chain.earlier_floor ? ViolationKind::kRegress
                                         : ViolationKind::kLost;
  }

  Violation OfSize(const File& file, const ObservedEntry& entry) const {
    const Chain<Size>& chain = file.size;
    ViolationKind kind = ViolationKind::kSize;
    std::string whose;
    for (uint32_t v = FloorOf(chain); v-- > 0;) {
      if (chain.versions[v].value.bytes != entry.size_bytes) continue;
      kind = KindOfOld(chain, v);
      whose = ", " + OpName(chain.versions[v].op);
      break;
    }
    Violation violation = OfFile(kind, file, chain, entry.path);
    std::vector<std::string> sizes;
    for (uint32_t v = FloorOf(chain); v <= chain.newest(); ++v) {
      AddOnce(sizes, std::to_string(chain.versions[v].value.bytes));
    }
    violation.admissible = "size " + JoinWithOr(sizes);
    violation.found = "size " + std::to_string(entry.size_bytes) + whose;
    return violation;
  }

  Violation OfAtom(const File& file, const ObservedEntry& entry, uint64_t atom,
                   std::string_view bytes) const {
    static const Chain<Atom> kNeverWritten{{{0, {}}}, {}, 0};
    const auto place = file.atoms.find(atom);
    const Chain<Atom>& chain =
        place == file.atoms.end() ? kNeverWritten : place->second;
    const auto [kind, found] = ClassifyAtom(file, chain, atom, bytes);
    Violation violation = OfFile(kind, file, chain, entry.path);
    const std::string range =
        "bytes " + std::to_string(atom * kAtomBytes) + " to " +
        std::to_string(atom * kAtomBytes + bytes.size() - 1);
    std::vector<std::string> versions;
    for (uint32_t v = FloorOf(chain); v <= chain.newest(); ++v) {
      const auto& version = chain.versions[v];
      AddOnce(versions,
              version.value.content.empty() ? "zeros" : OpName(version.op));
    }
    violation.admissible = range + " are " + JoinWithOr(versions);
    violation.found = range + " are " + found;
    return violation;
  }

  std::pair<ViolationKind, std::string> ClassifyAtom(
      const File& file, const Chain<Atom>& chain, uint64_t atom,
      std::string_view bytes) const {
    for (uint32_t v = FloorOf(chain); v-- > 0;) {
      const auto& version = chain.versions[v];
      if (version.value.content.empty()) continue;
      if (Shows(version.value, bytes, ~uint64_t{0})) {
        return {KindOfOld(chain, v), OpName(version.op)};
      }
    }
    if (AllZeroText(bytes)) return {ViolationKind::kLost, "zeros"};
    std::vector<std::string> mixed;
    bool all_own = true;
    for (uint64_t at = 0; at < bytes.size(); at += kGranuleBytes) {
      const std::string_view part = bytes.substr(at, kGranuleBytes);
      const auto granule =
          part.size() == kGranuleBytes ? ReadGranule(part) : std::nullopt;
      const uint64_t index = (atom * kAtomBytes + at) / kGranuleBytes;
      if (granule &&
          (granule->file != file.created_by || granule->index != index)) {
        return {ViolationKind::kStale, StaleText(file, *granule)};
      }
      const auto op = OwnerOf(chain, at, part);
      all_own = all_own && op;
      if (op) AddOnce(mixed, *op);
    }
    if (all_own) {
      return {ViolationKind::kTorn, "a mix of " + JoinWithAnd(mixed)};
    }
    return {ViolationKind::kGhost, "what nobody wrote there"};
  }

  static std::string JoinWithAnd(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
      text += (text.empty() ? "" : " and ") + part;
    }
    return text;
  }

  static std::string StaleText(const File& file, const Granule& granule) {
    if (granule.file == file.created_by) {
      return "what op " + std::to_string(granule.op) +
             " wrote elsewhere in the file";
    }
    return "what op " + std::to_string(granule.op) +
           " wrote to the file that op " + std::to_string(granule.file) +
           " created";
  }

  // Which version of the atom has `part` at offset `at`, in words.
  static std::optional<std::string> OwnerOf(const Chain<Atom>& chain,
                                            uint64_t at,
                                            std::string_view part) {
    for (uint32_t v = chain.newest() + 1; v-- > 0;) {
      std::string content = chain.versions[v].value.content;
      content.resize(kAtomBytes);
      if (std::string_view(content).substr(at, part.size()) != part) continue;
      return chain.versions[v].value.content.size() <= at
                 ? "zeros"
                 : OpName(chain.versions[v].op);
    }
    return std::nullopt;
  }

  // --- probe --------------------------------------------------------------

  void CheckProbe() {
    for (const std::string& failure : seen_.probe_failures) {
      CauseParts parts;
      parts.kind = ViolationKind::kError;
      parts.role = Role::kProbe;
      Violation violation = Blame(parts, s_.SuspectOp());
      SetPromise(violation, parts, 0, s_.last_flush);
      violation.admissible = "a volume that can be used after recovery";
      violation.found = failure;
      violations_.push_back(std::move(violation));
    }
  }

  const Model::State& s_;
  const Observation& seen_;
  CrashKind kind_;
  std::vector<Choice> choices_;
  size_t choices_made_ = 0;
  std::vector<bool> visited_;    // by entry
  std::vector<bool> explained_;  // by entry
  // Of the names walked; without versions: it was reported.
  std::map<NameId, NameVerdict> verdicts_;
  // By file_id: the file it is taken for, and where it was found first.
  std::map<uint64_t, std::pair<FileId, std::string>> taken_for_;
  std::map<FileId, std::string> shown_at_;  // the same, by file
  std::vector<Violation> violations_;
};

std::vector<Violation> Model::Check(const Observation& observation,
                                    CrashKind kind) const {
  std::vector<Violation> best;
  std::vector<Choice> choices;
  for (int reading = 0; reading < kMaxReadings; ++reading) {
    Checker checker(*state_, observation, kind, std::move(choices));
    std::vector<Violation> violations = checker.Run();
    if (violations.empty()) return {};
    if (reading == 0 || violations.size() < best.size()) {
      best = std::move(violations);
    }
    // The next reading differs in the last choice that has another way left.
    choices = checker.TakeChoices();
    while (!choices.empty() &&
           choices.back().taken + 1 == choices.back().count) {
      choices.pop_back();
    }
    if (choices.empty()) break;
    ++choices.back().taken;
  }
  return best;
}

Violation Model::VolumeViolation(ViolationKind kind, CrashKind crash,
                                 const std::string& found) const {
  return Checker(*state_, Observation{}, crash).OfVolume(kind, found);
}

}  // namespace powercut
