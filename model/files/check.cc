// Model::Check(): judging an observation against the floors, the versions that
// were issued, and the rules between versions.
//
// Method. The tree is walked along the model's names, not along the
// observation, so that what is missing is noticed; entries that are left over
// afterwards are strangers. For each name and each file the walk finds the
// versions that explain what was observed there (FileMatcher). In the end one
// choice among them must obey the rules (SettledRules).
//
// Several files can explain one entry, as when a name was made, taken away and
// made again, and one file can be read in several ways. The walk then takes the
// first, and Model::Check() tries the others until one reading of the whole is
// admissible. A chain for which a violation was reported binds no other chain,
// so that one loss is not reported again and again.
//
// Example: `rename /a /b` is under way in a profile without rename_leaves_both,
// and both names are found. Version 1 of /a leads to the file and version 2
// nowhere; version 0 of /b leads nowhere and version 1 to the file. The walk
// notes version 1 for both names. The rule kRenameBoth (if the target is there,
// the source is gone) then demands version 2 of /a. No version from 2 on leads
// to a file, and the violation is "/a as before, although the rename is done at
// /b".

#include "harness/base/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "harness/base/bytes.h"
#include "model/files/check_files.h"
#include "model/files/check_words.h"
#include "model/files/model_state.h"
#include "model/files/settled_rules.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// How many readings of one observation are tried before the system is blamed.
// Contents name their file, so that a wrong file explains an entry only if
// neither has contents, and there is seldom more than one reading.
constexpr int kMaxReadings = 1024;

// Which of several ways to read something is taken.
struct Choice {
  size_t taken = 0;
  size_t count = 0;
};

// One reading of an observation; lives during Model::Check() only.
class Checker {
 public:
  // `choices` says what is taken where there is a choice, in the order of the
  // walk. After the last of them the first way is taken.
  Checker(const Model::State& state, const Observation& observation,
          CrashKind kind, std::vector<Choice> choices)
      : s_(state),
        seen_(observation),
        kind_(kind),
        matcher_(state, kind),
        write_(state, kind),
        choices_(std::move(choices)) {}

  // All choices that the walk met.
  // Requires: Run() has returned.
  std::vector<Choice> TakeChoices() { return std::move(choices_); }

  std::vector<Violation> Run() {
    if (!seen_.unreadable.empty()) {
      return {write_.OfVolume(ViolationKind::kUnreadable, seen_.unreadable)};
    }
    visited_.assign(seen_.entries.size(), false);
    explained_.assign(seen_.entries.size(), false);
    WalkDirectory(kRootDirectory, "");
    CheckSectors();
    CheckLogs();
    CheckStore();
    Settle();
    CheckStrangers();
    for (const std::string& failure : seen_.probe_failures) {
      violations_.push_back(write_.OfProbe(failure));
    }
    std::sort(violations_.begin(), violations_.end(),
              [](const Violation& a, const Violation& b) {
                return std::tie(a.path, a.cause) < std::tie(b.path, b.cause);
              });
    return std::move(violations_);
  }

 private:
  uint32_t FloorOf(ChainId id) const {
    return s_.chains[id].floor(kind_).version;
  }
  bool Pending(const Name& name) const {
    return FloorOf(name.chain) < s_.chains[name.chain].newest();
  }
  size_t IndexOf(const ObservedEntry& entry) const {
    return static_cast<size_t>(&entry - seen_.entries.data());
  }
  size_t Choose(size_t count) {
    if (count == 1) return 0;
    if (choices_made_ == choices_.size()) choices_.push_back({0, count});
    return choices_[choices_made_++].taken;
  }

  // --- names --------------------------------------------------------------

  void WalkDirectory(FileId directory, const std::string& path) {
    for (const auto& [text, id] : s_.tree.files[directory].names) {
      std::string child = path;
      child += '/';
      child += text;
      CheckName(s_.tree.names[id], child);
    }
  }

  // A file that a name may lead to, and the ways to read the entry as it.
  struct Candidate {
    FileId file = kNoFile;
    std::vector<FileReading> readings;
  };

  void CheckName(const Name& name, const std::string& path) {
    const ObservedEntry* entry = seen_.Find(path);
    if (entry == nullptr) return CheckMissing(name, path);
    visited_[IndexOf(*entry)] = true;
    std::set<FileId> asked;
    // The newest version of the name comes first: it is the likeliest reading,
    // and mostly no other is tried.
    std::vector<Candidate> candidates;
    const auto consider = [&](FileId file) {
      if (file == kNoFile || !asked.insert(file).second) return;
      std::vector<FileReading> readings = ReadingsOf(file, *entry);
      if (!readings.empty()) candidates.push_back({file, std::move(readings)});
    };
    const uint32_t floor = FloorOf(name.chain);
    for (uint32_t v = s_.chains[name.chain].newest() + 1; v-- > floor;) {
      consider(name.targets[v]);
      for (const uint32_t old : OldVersions(name, v)) {
        consider(name.targets[old]);
      }
    }
    if (asked.empty()) {
      return Report(name, write_.OfName(ViolationKind::kRegress, name, path,
                                        "is there, although its removal was "
                                        "promised"));
    }
    if (candidates.empty()) return ReportUnexplained(name, *entry, asked);
    const FileId file = TakeFor(name, *entry, candidates);
    if (file == kNoFile) return;
    explained_[IndexOf(*entry)] = true;
    Admit(name, path, file);
    if (entry->is_directory) WalkDirectory(file, path);
  }

  // The versions that this one may show in its place after such a crash.
  std::vector<uint32_t> OldVersions(const Name& name, uint32_t version) const {
    if (kind_ == CrashKind::kProcess) return {};
    return name.ShownInsteadOf(version);
  }

  bool MayLeadTo(const Name& name, uint32_t version, FileId file) const {
    return name.targets[version] == file ||
           std::ranges::any_of(OldVersions(name, version), [&](uint32_t old) {
             return name.targets[old] == file;
           });
  }

  // The ways to read an entry as a file or directory.
  std::vector<FileReading> ReadingsOf(FileId id,
                                      const ObservedEntry& entry) const {
    const File& file = s_.tree.files[id];
    if (!entry.unreadable.empty() || entry.is_directory != file.is_directory) {
      return {};
    }
    return matcher_.Readings(file, entry);
  }

  void CheckMissing(const Name& name, const std::string& path) {
    if (Admit(name, path, kNoFile)) return;
    Report(name, write_.OfName(Pending(name) ? ViolationKind::kName
                                             : ViolationKind::kLost,
                               name, path, "missing"));
  }

  // Takes one of the files that explain `entry` by themselves. The choice must
  // fit the entries that were read before: names of one observed file lead to
  // one file, and two observed files are two files. If no file fits, reports
  // that and returns kNoFile.
  FileId TakeFor(const Name& name, const ObservedEntry& entry,
                 std::vector<Candidate>& candidates) {
    if (const auto known = taken_for_.find(entry.file_id);
        known != taken_for_.end()) {
      const auto& [file, path] = known->second;
      for (const Candidate& candidate : candidates) {
        if (candidate.file == file) return file;
      }
      Report(name, write_.OfName(ViolationKind::kName, name, entry.path,
                                 "is the same file as " + path));
      return kNoFile;
    }
    const FileId best = candidates.front().file;
    std::erase_if(candidates, [&](const Candidate& candidate) {
      return shown_at_.contains(candidate.file);
    });
    if (candidates.empty()) {
      Report(name, write_.OfName(ViolationKind::kName, name, entry.path,
                                 "is another file than " + shown_at_.at(best)));
      return kNoFile;
    }
    const Candidate& taken = candidates[Choose(candidates.size())];
    const FileReading& reading = taken.readings[Choose(taken.readings.size())];
    for (const AllowedVersions& allowed : reading) {
      Constrain(allowed.chain, allowed.versions, entry.path);
    }
    taken_for_.emplace(entry.file_id, std::pair(taken.file, entry.path));
    shown_at_.emplace(taken.file, entry.path);
    return taken.file;
  }

  // Notes the versions of a name that lead to `file`. Returns false if there
  // are none and nothing was reported.
  bool Admit(const Name& name, const std::string& path, FileId file) {
    // A directory that has two names is walked twice, and each name in it must
    // lead to the same file both times.
    const auto known = verdicts_.find(name.chain);
    if (known != verdicts_.end()) {
      const ChainVerdict& verdict = known->second;
      if (verdict.reported || verdict.versions.empty() ||
          MayLeadTo(name, verdict.versions.front(), file)) {
        return true;
      }
      Report(name, write_.OfName(ViolationKind::kName, name, path,
                                 "differs from " + verdict.path));
      return true;
    }
    std::vector<uint32_t> versions;
    for (uint32_t v = FloorOf(name.chain); v < name.targets.size(); ++v) {
      if (MayLeadTo(name, v, file)) versions.push_back(v);
    }
    const bool any = !versions.empty();
    ChainVerdict& verdict = verdicts_[name.chain];
    verdict.file = file;
    for (const uint32_t v : versions) {
      if (name.targets[v] != file) verdict.old_versions.push_back(v);
    }
    Constrain(name.chain, std::move(versions), path);
    return any;
  }

  void Constrain(ChainId chain, std::vector<uint32_t> versions,
                 const std::string& path) {
    ChainVerdict& verdict = verdicts_[chain];
    verdict.versions = std::move(versions);
    verdict.path = path;
  }

  void Report(const Name& name, Violation violation) {
    verdicts_[name.chain].reported = true;
    violations_.push_back(std::move(violation));
  }

  // No file that the name may lead to explains the entry. If a file does to
  // which the name led before, the change of the name is what was lost.
  // Otherwise the report says what is wrong with the newest of the files in
  // `asked`.
  void ReportUnexplained(const Name& name, const ObservedEntry& entry,
                         const std::set<FileId>& asked) {
    for (uint32_t v = FloorOf(name.chain); v-- > 0;) {
      const FileId file = name.targets[v];
      if (file == kNoFile || asked.contains(file) ||
          ReadingsOf(file, entry).empty()) {
        continue;
      }
      const Chain& chain = s_.chains[name.chain];
      return Report(
          name,
          write_.OfName(write_.KindOfOld(chain, v), name, entry.path,
                        "is " + ViolationWriter::OpName(chain.versions[v].op)));
    }
    Report(name, write_.OfEntry(name, s_.tree.files[*asked.rbegin()], entry));
  }

  // --- raw sectors --------------------------------------------------------

  void CheckSectors() {
    // The observation leaves out zeros at its end, and an empty content stands
    // for a sector of zeros: both are filled up before they are compared.
    for (const auto& [number, sector] : s_.tree.sectors) {
      std::string bytes =
          number * kAtomBytes < seen_.device.size()
              ? seen_.device.substr(number * kAtomBytes, kAtomBytes)
              : std::string();
      bytes.resize(kAtomBytes);
      std::vector<uint32_t> versions;
      for (uint32_t v = FloorOf(sector.chain); v < sector.contents.size();
           ++v) {
        std::string content = sector.contents[v];
        content.resize(kAtomBytes);
        if (content == bytes) versions.push_back(v);
      }
      if (versions.empty()) {
        violations_.push_back(write_.OfSector(number, sector, bytes));
        verdicts_[sector.chain].reported = true;
        continue;
      }
      Constrain(sector.chain, std::move(versions),
                "sector " + std::to_string(number));
    }
    CheckStrangeSectors();
  }

  // Sectors that no op ever wrote must be zeros.
  void CheckStrangeSectors() {
    for (size_t at = 0; at < seen_.device.size(); at += kAtomBytes) {
      const std::string_view bytes =
          std::string_view(seen_.device).substr(at, kAtomBytes);
      if (AllZero(AsBytes(bytes)) || s_.tree.sectors.contains(at / kAtomBytes))
        continue;
      ObservedEntry stranger;
      stranger.path = "sector " + std::to_string(at / kAtomBytes);
      violations_.push_back(write_.OfStranger(stranger));
    }
  }

  // --- logs and stores ----------------------------------------------------

  void CheckLogs() {
    std::set<std::string> seen;
    for (const ObservedLog& log : seen_.logs) {
      seen.insert(log.name);
      const auto known = s_.logs.find(log.name);
      if (known == s_.logs.end()) {
        ObservedEntry stranger;
        stranger.path = log.name;
        violations_.push_back(write_.OfStranger(stranger));
        continue;
      }
      for (const LogViolation& violation : known->second.Check(log, kind_)) {
        violations_.push_back(write_.OfLog(log.name, violation));
      }
    }
    for (const auto& [name, log] : s_.logs) {
      if (seen.contains(name)) continue;
      for (const LogViolation& violation : log.CheckMissing(kind_)) {
        violations_.push_back(write_.OfLog(name, violation));
      }
    }
  }

  void CheckStore() {
    // Storage that shows no keys is no store, and is not judged as one.
    if (!s_.has_store || !seen_.keys) return;
    for (const StoreViolation& v : s_.store.Check(*seen_.keys, kind_)) {
      violations_.push_back(
          write_.OfLog("", {v.kind, v.op, v.promise, v.admissible, v.found}));
    }
  }

  // --- rules --------------------------------------------------------------

  // Reports each rule that cannot be made to hold.
  void Settle() {
    SettledRules settled(s_, kind_, verdicts_);
    while (const Implication* broken = settled.Raise()) {
      Implication reported = *broken;
      // What needs the commit is the last change of it, not the one that it
      // lacks.
      if (s_.chains[broken->premise.chain].kind == ChainKind::kCommit) {
        reported.premise.version = settled.ChosenOf(broken->premise.chain);
      }
      ReportRule(reported);
    }
  }

  void ReportRule(const Implication& rule) {
    ChainVerdict& verdict = verdicts_[rule.conclusion.chain];
    verdict.reported = true;
    // A rename that was done in part deserves its own words.
    const bool rename = rule.rule == OrderRule::kRenameBoth ||
                        rule.rule == OrderRule::kRenameNeither;
    if (rename) return ReportHalfRename(rule, verdict.path);
    violations_.push_back(
        write_.OfRule(rule.conclusion.chain, verdict.path, rule));
  }

  void ReportHalfRename(const Implication& rule, const std::string& path) {
    const Name& name = NameOf(rule.conclusion.chain);
    const std::string other = PathOf(NameOf(rule.premise.chain));
    const bool missing = seen_.Find(path) == nullptr;
    violations_.push_back(
        write_.OfName(ViolationKind::kName, name, path,
                      std::string(missing ? "missing" : "as before") +
                          ", although the rename is done at " + other));
  }

  const Name& NameOf(ChainId chain) const {
    for (const Name& name : s_.tree.names) {
      if (name.chain == chain) return name;
    }
    POWERCUT_CHECK(false);
    return s_.tree.names.front();
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
      violations_.push_back(write_.OfStranger(entry));
    }
  }

  // Whether the entry can be a temporary name of a rename
  // (rename_leaves_temporary): it lies in the directory of the target of a
  // rename that replaced a file and is not flushed, and it leads to one of the
  // two files.
  bool IsTemporary(const ObservedEntry& entry) const {
    if (!s_.profile->rename_leaves_temporary) return false;
    const std::string directory = entry.path.substr(0, entry.path.rfind('/'));
    for (const RenameLink& link : s_.tree.renames) {
      const Name& target = s_.tree.names[link.target];
      if (link.replaced == kNoFile ||
          FloorOf(target.chain) >= link.target_version) {
        continue;
      }
      const std::string path = PathOf(target);
      if (path.substr(0, path.rfind('/')) != directory) continue;
      for (const FileId file :
           {link.replaced, target.targets[link.target_version]}) {
        if (file != kNoFile && !ReadingsOf(file, entry).empty()) return true;
      }
    }
    return false;
  }

  // The path at which the walk looked for a name. If the walk did not come to
  // the name, the path that it has with everything done.
  std::string PathOf(const Name& name) const {
    const auto verdict = verdicts_.find(name.chain);
    return verdict != verdicts_.end() && !verdict->second.path.empty()
               ? verdict->second.path
               : PathOfName(name);
  }

  // The path of a name when every op that began is done.
  std::string PathOfName(const Name& name) const {
    if (name.directory == kRootDirectory) return "/" + name.text;
    for (const Name& candidate : s_.tree.names) {
      if (candidate.targets.back() == name.directory) {
        return PathOfName(candidate) + "/" + name.text;
      }
    }
    return "/" + name.text;
  }

  const Model::State& s_;
  const Observation& seen_;
  CrashKind kind_;
  FileMatcher matcher_;
  ViolationWriter write_;
  std::vector<Choice> choices_;
  size_t choices_made_ = 0;
  // By index of the entry: whether a name of the model is at its path, and
  // whether a file explains it.
  std::vector<bool> visited_;
  std::vector<bool> explained_;
  ChainVerdicts verdicts_;
  // By file_id: the file that the entry is taken for, and the path at which it
  // was found first.
  std::map<uint64_t, std::pair<FileId, std::string>> taken_for_;
  // By file: the path at which it was found first.
  std::map<FileId, std::string> shown_at_;
  std::vector<Violation> violations_;
};

}  // namespace

std::vector<Violation> Model::Check(const Observation& observation,
                                    CrashKind kind) const {
  std::vector<Violation> best;
  std::vector<Choice> choices;
  for (int reading = 0; reading < kMaxReadings; ++reading) {
    Checker checker(*state_, observation, kind, std::move(choices));
    std::vector<Violation> violations = checker.Run();
    if (violations.empty()) return {};
    // The reading with the fewest violations needs the fewest failures of the
    // system to explain it.
    if (reading == 0 || violations.size() < best.size()) {
      best = std::move(violations);
    }
    // The next reading differs in the last choice that has another way left.
    // The choices after that one are met anew, since they may depend on it.
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
  return ViolationWriter(*state_, crash).OfVolume(kind, found);
}

}  // namespace powercut
