// IndependentParts: joins chains of the model into sets, wherever anything
// could tie two of them, and numbers the sets that observations show.
//
// Model::Check() takes the names of an observation, looks for the file that
// each name leads to, for the versions that explain what is seen of that file,
// and for a choice of versions that obeys the rules. Names are given (their
// number is 0), so that the following can tie two chains:
//
// * A rule between them that a crash in `run` can break. Rules act through
//   names, too: a name that is there can demand a newer name elsewhere, and
//   that one demands data. So the chains of names are joined like all others.
// * The shape of a file and its atoms: a reading of the file takes one shape,
//   and under it one version of each atom.
// * A path at which several files can be found. What is seen of the one found
//   there tells which file it is, and this decides which version of the name is
//   taken. The names at the path and all chains of these files are joined. If
//   two of the files are directories, everything that can be found below the
//   path is joined with them, since it tells them apart as well.
//
// A temporary name of a rename has no number of its own, and which file it
// leads to is asked of that entry alone, so that it ties nothing.
//
// Times are joined with nothing else of their file: they have a chain of their
// own that no reading of a shape names.
//
// Example: `init` wrote /f and /g, and `run` overwrites both. In spec-strict no
// rule names their atoms or times, so that there are four parts: the data and
// the times of each. In a profile with one order of all metadata, rules join
// the times of both files, and three parts are left.

#include "model/files/independent_parts.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/files/model_state.h"
#include "model/files/whole_run.h"

namespace powercut {
namespace {

// Sets of chains, joined one by one.
class ChainSets {
 public:
  explicit ChainSets(ChainId count) : up_(count) {
    std::iota(up_.begin(), up_.end(), ChainId{0});
  }

  ChainId Find(ChainId id) {
    while (up_[id] != id) id = up_[id] = up_[up_[id]];
    return id;
  }
  void Join(ChainId a, ChainId b) { up_[Find(a)] = Find(b); }

 private:
  std::vector<ChainId> up_;
};

class PartTies {
 public:
  explicit PartTies(const WholeRun& run)
      : run_(run), s_(run.state()), sets_(s_.chains.size()) {
    JoinRules();
    for (const File& file : s_.tree.files) JoinData(file);
    JoinSectors();
    WalkDirectory({kRootDirectory}, "", std::nullopt);
  }

  // Calls `seen` with each part that has chains, and with the set of its
  // chains, in an order that depends on the workload alone.
  template <class Seen>
  void ForEachPart(const Seen& seen) {
    for (const auto& [path, id] : file_at_) {
      const File& file = s_.tree.files[id];
      if (!file.is_directory) {
        seen(ShownPart{ShownPart::kData, path}, sets_.Find(file.shape));
      }
      seen(ShownPart{ShownPart::kTimes, path}, sets_.Find(file.times));
    }
    if (!s_.tree.sectors.empty()) {
      seen(ShownPart{ShownPart::kDevice, {}},
           sets_.Find(s_.tree.sectors.begin()->second.chain));
    }
  }

 private:
  void JoinRules() {
    // A rule that was lifted held at some moment of the run.
    for (const auto* rules : {&s_.chains.rules(), &s_.chains.lifted_rules()}) {
      for (const Implication& rule : *rules) {
        // A rule whose conclusion is promised from the beginning of `run` on
        // cannot be broken.
        if (run_.FloorOf(rule.conclusion.chain) >= rule.conclusion.version) {
          continue;
        }
        sets_.Join(rule.premise.chain, rule.conclusion.chain);
        if (rule.moved) JoinNamesOf(*rule.moved, rule.premise.chain);
      }
    }
  }

  // Whether a rule says anything can hang on the names of the file that it
  // moved.
  void JoinNamesOf(FileId file, ChainId with) {
    for (const Name& name : s_.tree.names) {
      const bool led =
          std::ranges::find(name.targets, file) != name.targets.end();
      if (led) sets_.Join(name.chain, with);
    }
  }

  void JoinData(const File& file) {
    for (const auto& [index, place] : file.atoms) {
      for (const Generation& generation : place.generations) {
        sets_.Join(generation.chain, file.shape);
      }
    }
  }

  // Raw sectors are shown as one part.
  void JoinSectors() {
    for (const auto& [number, sector] : s_.tree.sectors) {
      sets_.Join(sector.chain, s_.tree.sectors.begin()->second.chain);
    }
  }

  void JoinFile(ChainId with, const File& file) {
    sets_.Join(file.times, with);
    if (!file.is_directory) sets_.Join(file.shape, with);
  }

  // Walks everything that a crash can show below a path at which one of
  // `directories` is found. If `with` is set, the chains of all of it are
  // joined with that chain.
  void WalkDirectory(const std::set<FileId>& directories,
                     const std::string& path, std::optional<ChainId> with) {
    above_.insert(above_.end(), directories.begin(), directories.end());
    std::map<std::string, std::vector<const Name*>> names;
    for (const FileId directory : directories) {
      for (const auto& [text, id] : s_.tree.files[directory].names) {
        names[text].push_back(&s_.tree.names[id]);
      }
    }
    for (const auto& [text, same] : names) {
      WalkNames(same, path + "/" + text, with);
    }
    above_.resize(above_.size() - directories.size());
  }

  // The same for the names that can be found at one path.
  void WalkNames(const std::vector<const Name*>& names, const std::string& path,
                 std::optional<ChainId> with) {
    std::set<FileId> files;
    for (const Name* name : names) {
      files.insert(name->targets.begin() + run_.FloorOf(name->chain),
                   name->targets.end());
    }
    files.erase(kNoFile);
    if (files.empty()) return;
    std::set<FileId> directories;
    for (const FileId id : files) {
      if (s_.tree.files[id].is_directory) directories.insert(id);
    }
    if (files.size() > 1 || with) {
      const ChainId chain = with.value_or(names.front()->chain);
      for (const Name* name : names) sets_.Join(name->chain, chain);
      for (const FileId id : files) JoinFile(chain, s_.tree.files[id]);
      if (directories.size() > 1) with = chain;
    }
    file_at_.emplace(path, *files.begin());
    if (directories.empty() || Above(directories)) return;
    WalkDirectory(directories, path, with);
  }

  // A rename can move a directory below itself in some combination of versions.
  // What such a path shows has no number of its own.
  bool Above(const std::set<FileId>& directories) const {
    return std::ranges::any_of(directories, [this](FileId id) {
      return std::ranges::find(above_, id) != above_.end();
    });
  }

  const WholeRun& run_;
  const Model::State& s_;
  ChainSets sets_;
  // By path: one of the files that can be found there. If there are several,
  // their chains are in one set.
  std::map<std::string, FileId> file_at_;
  // The directories on the way from the root.
  std::vector<FileId> above_;
};

}  // namespace

IndependentParts::IndependentParts(const Profile& profile,
                                   const Workload& workload) {
  const WholeRun run(profile, workload);
  // What a log or a store shows has no part of its own.
  PartTies ties(run);
  std::map<ChainId, uint32_t> number_of;
  ties.ForEachPart([&](ShownPart part, ChainId set) {
    const auto number =
        number_of.try_emplace(set, static_cast<uint32_t>(number_of.size() + 1))
            .first->second;
    numbers_.emplace(ByPart::Key{part.kind, part.path}, number);
  });
  count_ = static_cast<uint32_t>(number_of.size());
}

std::string IndependentParts::Text() const {
  std::string text;
  for (const auto& [part, number] : numbers_) {
    text += part.first == ShownPart::kData    ? "data "
            : part.first == ShownPart::kTimes ? "times "
                                              : "device ";
    text += part.second + " " + std::to_string(number) + "\n";
  }
  return text;
}

uint32_t IndependentParts::NumberOf(ShownPart part) const {
  const auto known = numbers_.find(part);
  return known == numbers_.end() ? 0 : known->second;
}

}  // namespace powercut
