// AdmissibleObservations() and Normalized(): the model run forwards.
//
// Method. Lister walks the chains in the order of their ids and tries each
// version from the floor to the newest. An implication is checked as soon as
// the later one of its two chains has a version, so that a choice that breaks a
// rule is given up early. When every chain has a version, each name that may
// show an older file (O-LEFT) does so in turn. Show() builds what the choice
// shows, and each state of each log and of the store is combined with that.
// Different choices can show the same, so that observations are keyed by their
// content and kept once. The number of choices is exponential in what is
// pending, and a limit bounds it.
//
// Example: /f has two atoms that are on the media, and `write /f 0 1024` is not
// flushed. The two atoms and the times have an old and a new version each, and
// no rule ties them (unless data_ordered does): the list has 2 x 2 x 2
// observations.

#include "model/files/admissible.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "model/files/model_state.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// Goes through all choices of versions and collects what they show.
class Lister {
 public:
  Lister(const Model::State& state, CrashKind kind, size_t limit)
      : s_(state),
        kind_(kind),
        limit_(limit),
        at_(state.chains.size()),
        shown_(state.chains.size()) {}

  // Returns false if there are more choices than the limit.
  bool Run() {
    // Settled rules hold for every choice that respects the floors.
    for (const Implication& rule : s_.chains.open_rules()) {
      if (rule.moved) {
        moving_rules_.push_back(&rule);
        continue;
      }
      rules_of_[std::max(rule.premise.chain, rule.conclusion.chain)].push_back(
          &rule);
    }
    return Choose(0);
  }

  std::vector<Observation> Take() {
    std::vector<Observation> all;
    for (auto& [key, observation] : found_) {
      all.push_back(std::move(observation));
    }
    return all;
  }

 private:
  bool Choose(ChainId id) {
    if (id == s_.chains.size()) {
      return !CommitsLeast() || ChooseShown(s_.tree.names.begin());
    }
    const Chain& chain = s_.chains[id];
    for (at_[id] = chain.floor(kind_).version; at_[id] <= chain.newest();
         ++at_[id]) {
      if (Obeys(id) && !Choose(id + 1)) return false;
    }
    return true;
  }

  // The number of commits is not seen. Of all numbers that go with a choice one
  // is enough.
  bool CommitsLeast() const {
    if (!s_.commits) return true;
    const ChainId chain = s_.commits->chain();
    return s_.commits->IsLeast(at_[chain],
                               s_.chains[chain].floor(kind_).version,
                               [this](ChainId id) { return at_[id]; });
  }

  // A name that a file left may show what it led to before (O-LEFT).
  bool ChooseShown(std::vector<Name>::const_iterator name) {
    if (name == s_.tree.names.end()) {
      if (!ObeysMovingRules()) return true;
      Observation observation = Show();
      return ChooseLog(s_.logs.begin(), observation);
    }
    const auto next = std::next(name);
    const uint32_t version = at_[name->chain];
    shown_[name->chain] = version;
    if (!ChooseShown(next)) return false;
    if (kind_ == CrashKind::kProcess) return true;
    for (const uint32_t old : name->ShownInsteadOf(version)) {
      shown_[name->chain] = old;
      if (!ChooseShown(next)) return false;
    }
    return true;
  }

  // No rule ties logs and stores to files: each of their states goes with each
  // choice.
  bool ChooseLog(std::map<std::string, LogModel>::const_iterator log,
                 Observation& observation) {
    if (log == s_.logs.end()) return ChooseStore(observation);
    const auto next = std::next(log);
    if (log->second.MayBeMissing() && !ChooseLog(next, observation)) {
      return false;
    }
    for (ObservedLog& one : log->second.Admissible(kind_)) {
      one.name = log->first;
      observation.logs.push_back(std::move(one));
      if (!ChooseLog(next, observation)) return false;
      observation.logs.pop_back();
    }
    return true;
  }

  bool ChooseStore(Observation& observation) {
    if (!s_.has_store) return Take(observation);
    for (StoreState& state : s_.store.Admissible(kind_)) {
      observation.keys = std::move(state);
      if (!Take(observation)) return false;
    }
    return true;
  }

  bool Take(const Observation& observation) {
    if (++count_ > limit_) return false;
    found_.emplace(KeyOf(observation), observation);
    return true;
  }

  // Whether the rules between this chain and those before it hold. Rules with
  // later chains are checked when these have a version.
  bool Obeys(ChainId id) const {
    const auto rules = rules_of_.find(id);
    if (rules == rules_of_.end()) return true;
    return std::all_of(rules->second.begin(), rules->second.end(),
                       [&](const auto* rule) { return Obeys(*rule); });
  }

  // What moved a file away says nothing of where it went if the file is found
  // at a name that it led to before.
  bool ObeysMovingRules() const {
    std::set<FileId> old;
    for (const Name& name : s_.tree.names) {
      const uint32_t shown = shown_[name.chain];
      if (shown != at_[name.chain]) old.insert(name.targets[shown]);
    }
    return std::ranges::all_of(moving_rules_, [&](const auto* rule) {
      return Obeys(*rule) || old.contains(*rule->moved);
    });
  }

  bool Obeys(const Implication& rule) const {
    return !rule.BindsAt(at_[rule.premise.chain]) ||
           at_[rule.conclusion.chain] >= rule.conclusion.version;
  }

  Observation Show() const {
    Observation observation;
    std::set<FileId> above = {kRootDirectory};
    ShowDirectory(kRootDirectory, "", above, observation);
    std::sort(observation.entries.begin(), observation.entries.end(),
              [](const ObservedEntry& a, const ObservedEntry& b) {
                return a.path < b.path;
              });
    for (const auto& [number, sector] : s_.tree.sectors) {
      std::string& device = observation.device;
      const size_t begin = number * kAtomBytes;
      device.resize(std::max(device.size(), begin + kAtomBytes));
      std::string content = sector.contents[at_[sector.chain]];
      content.resize(kAtomBytes);
      device.replace(begin, kAtomBytes, content);
    }
    // An observation has no zeros at the end of the device.
    const size_t last = observation.device.find_last_not_of('\0');
    observation.device.resize(last == std::string::npos ? 0 : last + 1);
    return observation;
  }

  void ShowDirectory(FileId directory, const std::string& path,
                     std::set<FileId>& above, Observation& observation) const {
    for (const auto& [text, id] : s_.tree.files[directory].names) {
      const Name& name = s_.tree.names[id];
      const FileId file = name.targets[shown_[name.chain]];
      if (file == kNoFile) continue;
      ObservedEntry& entry = observation.entries.emplace_back();
      entry.path = path + "/" + text;
      entry.file_id = file;
      entry.is_directory = s_.tree.files[file].is_directory;
      if (!entry.is_directory) {
        ShowFile(s_.tree.files[file], entry);
        continue;
      }
      entry.mtime = s_.tree.files[file].mtimes[at_[s_.tree.files[file].times]];
      // A rename that was done in part can leave a directory below itself. The
      // name is shown, but what is in the directory is not shown again.
      if (!above.insert(file).second) continue;
      ShowDirectory(file, std::string(entry.path), above, observation);
      above.erase(file);
    }
  }

  void ShowFile(const File& file, ObservedEntry& entry) const {
    const uint32_t shape = at_[file.shape];
    entry.size_bytes = file.shapes[shape].size_bytes;
    entry.valid_bytes = file.shapes[shape].valid_bytes;
    entry.mtime = file.mtimes[at_[file.times]];
    entry.content.assign(entry.size_bytes, '\0');
    for (const auto& [index, place] : file.atoms) {
      const uint64_t begin = index * kAtomBytes;
      if (begin >= entry.size_bytes) break;
      const std::string bytes = ShowAtom(place, ViewOf(place, shape));
      const size_t size =
          std::min<size_t>(bytes.size(), entry.size_bytes - begin);
      entry.content.replace(begin, size, bytes, 0, size);
    }
  }

  std::string ShowAtom(const AtomPlace& place, AtomView view) const {
    // Version 0 of a generation shows what was visible before it, as far as
    // none of the cuts on the way takes it away.
    uint32_t limit = static_cast<uint32_t>(kAtomBytes);
    while (view.generation != nullptr) {
      const Generation& generation = *view.generation;
      const uint32_t version = at_[generation.chain];
      limit = std::min(limit, view.LimitOf(version));
      if (version > 0) return generation.contents[version - 1].substr(0, limit);
      if (generation.anything) return std::string(limit, kAnyByte);
      view = ViewBefore(place, generation);
    }
    return {};
  }

  // An observation as one string, by which observations are told apart.
  static std::string KeyOf(const Observation& observation) {
    std::string key;
    // The length before each part keeps parts from running into each other.
    const auto add = [&key](std::string_view part) {
      key += std::to_string(part.size());
      key += ':';
      key += part;
    };
    for (const ObservedEntry& entry : observation.entries) {
      add(entry.path);
      add(std::to_string(entry.file_id) + (entry.is_directory ? "d" : "f"));
      add(entry.content);
      add(std::to_string(entry.valid_bytes.value_or(0)) + "," +
          std::to_string(entry.mtime.value_or(0)));
    }
    add(observation.device);
    for (const ObservedLog& log : observation.logs) {
      add(log.name);
      add(std::to_string(log.base_lsn) + "," + std::to_string(log.restart_lsn));
      for (const ObservedRecord& record : log.records) {
        add(std::to_string(record.lsn) + (record.restart ? "r" : ""));
        add(record.content);
      }
      key += ';';
    }
    if (observation.keys) {
      for (const auto& [name, value] : *observation.keys) {
        add(name);
        add(value);
      }
    }
    return key;
  }

  const Model::State& s_;
  CrashKind kind_;
  size_t limit_;
  size_t count_ = 0;
  std::vector<uint32_t> at_;  // The chosen version, by chain.
  // By chain of a name: the version that is shown for the chosen one.
  std::vector<uint32_t> shown_;
  // The open rules, by the later one of their two chains.
  std::map<ChainId, std::vector<const Implication*>> rules_of_;
  // The open rules that say nothing of a file that is found where it was.
  std::vector<const Implication*> moving_rules_;
  std::map<std::string, Observation> found_;  // By KeyOf().
};

// Which bytes of a file some versions from the floors on show as anything.
class AnyBytes {
 public:
  AnyBytes(const Model::State& state, CrashKind kind)
      : s_(state), kind_(kind) {}

  // Replaces such bytes of an entry of this size by kAnyByte.
  void Mark(const File& file, ObservedEntry& entry) const {
    for (const auto& [index, place] : file.atoms) {
      const uint64_t begin = index * kAtomBytes;
      if (begin >= entry.content.size()) break;
      const uint32_t bytes = AnyOf(file, place, entry.size_bytes);
      const size_t size = std::min<size_t>(bytes, entry.content.size() - begin);
      std::fill_n(entry.content.begin() + static_cast<ptrdiff_t>(begin), size,
                  kAnyByte);
    }
  }

 private:
  uint32_t FloorOf(ChainId id) const {
    return s_.chains[id].floor(kind_).version;
  }

  // How many bytes at the start of an atom may show anything.
  uint32_t AnyOf(const File& file, const AtomPlace& place,
                 uint64_t size_bytes) const {
    uint32_t any = 0;
    for (uint32_t v = FloorOf(file.shape); v < file.shapes.size(); ++v) {
      if (file.shapes[v].size_bytes != size_bytes) continue;
      AtomView view = ViewOf(place, v);
      uint32_t limit = static_cast<uint32_t>(kAtomBytes);
      // A generation whose floor is above 0 always shows what was written.
      while (view.generation != nullptr &&
             FloorOf(view.generation->chain) == 0) {
        limit = std::min(limit, view.LimitOf(0));
        if (view.generation->anything) any = std::max(any, limit);
        view = ViewBefore(place, *view.generation);
      }
    }
    return any;
  }

  const Model::State& s_;
  CrashKind kind_;
};

}  // namespace

Result<std::vector<Observation>> AdmissibleObservations(const Model& model,
                                                        CrashKind kind,
                                                        size_t limit) {
  Lister lister(model.state(), kind, limit);
  if (!lister.Run()) {
    return Error{ErrorCode::kUnsupported,
                 "more than " + std::to_string(limit) +
                     " choices of versions: too many to list"};
  }
  return lister.Take();
}

Observation Normalized(const Model& model, CrashKind kind,
                       Observation observation) {
  const Model::State& s = model.state();
  const AnyBytes any(s, kind);
  std::map<uint64_t, uint64_t> numbers;
  for (ObservedEntry& entry : observation.entries) {
    entry.file_id =
        numbers.try_emplace(entry.file_id, numbers.size()).first->second;
    if (entry.is_directory || !entry.unreadable.empty()) continue;
    // Every file to which a name with the same last part ever led is tried. The
    // directory is left aside: it may have been renamed, and both sides of a
    // comparison are treated alike.
    const std::string path = entry.path;
    const size_t slash = path.rfind('/');
    for (const Name& name : s.tree.names) {
      if (name.text != path.substr(slash + 1)) continue;
      for (const FileId file : name.targets) {
        if (file == kNoFile || s.tree.files[file].is_directory) continue;
        any.Mark(s.tree.files[file], entry);
      }
    }
  }
  for (ObservedLog& log : observation.logs) {
    const auto known = s.logs.find(log.name);
    if (known == s.logs.end()) continue;
    if (auto numbered = known->second.Numbered(log)) {
      const std::string name = log.name;
      log = *std::move(numbered);
      log.name = name;
    }
  }
  return observation;
}

}  // namespace powercut
