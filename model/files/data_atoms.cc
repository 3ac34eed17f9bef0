// What ties the data atoms of an observation, and is looked for here:
//
// * A rule between versions that speaks of an atom or a raw sector: a barrier,
//   a preflush, the journal of data_ordered, a rename that brings data. With
//   two of them, what one atom shows decides what another may show. Rules
//   between names, shapes and times do not: what these show is given.
// * A name that may lead to several files which can look alike. The bytes then
//   tell which it is, and one atom may fit one of them only, another atom the
//   other only. Files of different sizes cannot be taken for each other.
//   rename_leaves_temporary lets a stranger be one of the files of any rename
//   that replaced one.
// * Shapes of one file of the same size, between which space came into sight or
//   left it (a write into a hole, a size that came back after a cut), or was
//   cut for older versions (truncation_writes_zeros). One atom
//   may fit the earlier only, another the later only.
// * Logs and stores: prefixes of records. They are not data of files, but
//   nobody needs them here.
//
// All else that FileMatcher asks of an atom, floors, cuts, generations, stale
// bytes, is asked of that atom alone. What lies below the floors behind `init`
// can never be found, and ties nothing. Ops only add to all of this, so that
// the end of the workload speaks for every moment.

#include "model/files/data_atoms.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "model/files/model.h"
#include "model/files/model_state.h"
#include "model/words/content.h"

namespace powercut {
namespace {

// A workload whose ops all began, and the floors behind its `init`.
class WholeRun {
 public:
  WholeRun(const Profile& profile, const Workload& workload)
      : model_(workload, profile) {
    for (const Op& op : workload.init) {
      Step(op, op.expected.kind == ExpectedResult::kOk);
    }
    model_.EndInit();
    for (ChainId id = 0; id < state().chains.size(); ++id) {
      const auto& floors = state().chains[id].floors;
      const auto least = std::ranges::min_element(floors, {}, &Floor::version);
      floors_.push_back(least->version);
    }
    // A barrier that fails binds nothing, and one that might have succeeded is
    // taken as if it had.
    for (const Op& op : workload.run) Step(op, true);
  }

  const Model::State& state() const { return model_.state(); }

  // The oldest version that any crash in `run` can leave.
  uint32_t FloorOf(ChainId id) const {
    return id < floors_.size() ? floors_[id] : 0;
  }

 private:
  void Step(const Op& op, bool may_succeed) {
    model_.Begin(op.number);
    const bool ok = may_succeed && state().timelines[op.number].planned_ok;
    if (op.kind == OpKind::kWait) {
      const auto started = started_.find(op.numbers.at(0));
      if (started != started_.end()) model_.End(started->second, true);
      if (started != started_.end()) started_.erase(started);
    }
    if (op.start && ok) {
      started_[*op.start] = op.number;
    } else {
      model_.End(op.number, ok);
    }
  }

  Model model_;
  std::vector<uint32_t> floors_;
  std::map<uint64_t, uint32_t> started_;  // the op, by the number of `start`
};

class AtomTies {
 public:
  explicit AtomTies(const WholeRun& run) : run_(run), s_(run.state()) {}

  bool Any() const {
    return !s_.logs.empty() || s_.has_store || RulesTie() || NamesTie() ||
           TemporariesTie() || ShapesTie();
  }

 private:
  bool IsData(ChainId id) const {
    const ChainKind kind = s_.chains[id].kind;
    return kind == ChainKind::kAtom || kind == ChainKind::kSector;
  }

  bool RulesTie() const {
    return std::ranges::any_of(s_.chains.rules(), [&](const Implication& rule) {
      const bool holds =
          run_.FloorOf(rule.conclusion.chain) >= rule.conclusion.version;
      return !holds &&
             (IsData(rule.premise.chain) || IsData(rule.conclusion.chain));
    });
  }

  std::set<uint64_t> SizesOf(const File& file) const {
    std::set<uint64_t> sizes;
    for (uint32_t v = run_.FloorOf(file.shape); v < file.shapes.size(); ++v) {
      sizes.insert(file.shapes[v].size_bytes);
    }
    return sizes;
  }

  // Whether an observed entry could be two of these, as far as sizes say.
  bool CanLookAlike(const std::set<FileId>& files) const {
    if (files.size() < 2) return false;
    bool directory = false;
    std::set<uint64_t> sizes;
    for (const FileId id : files) {
      const File& file = s_.tree.files[id];
      if (file.is_directory && std::exchange(directory, true)) return true;
      if (file.is_directory) continue;
      for (const uint64_t size : SizesOf(file)) {
        if (!sizes.insert(size).second) return true;
      }
    }
    return false;
  }

  bool NamesTie() const {
    return std::ranges::any_of(s_.tree.names, [&](const Name& name) {
      std::set<FileId> files(name.targets.begin() + run_.FloorOf(name.chain),
                             name.targets.end());
      files.erase(kNoFile);
      return CanLookAlike(files);
    });
  }

  bool TemporariesTie() const {
    if (!s_.profile->rename_leaves_temporary) return false;
    std::set<FileId> files;
    for (const RenameLink& link : s_.tree.renames) {
      const Name& target = s_.tree.names[link.target];
      if (link.replaced == kNoFile ||
          run_.FloorOf(target.chain) >= link.target_version) {
        continue;
      }
      files.insert(link.replaced);
      files.insert(target.targets[link.target_version]);
    }
    files.erase(kNoFile);
    return CanLookAlike(files);
  }

  bool ShapesTie() const {
    return std::ranges::any_of(s_.tree.files, [&](const File& file) {
      // By size: the first and the last version that have it.
      std::map<uint64_t, std::pair<uint32_t, uint32_t>> versions;
      for (uint32_t v = run_.FloorOf(file.shape); v < file.shapes.size(); ++v) {
        versions.try_emplace(file.shapes[v].size_bytes, v, v)
            .first->second.second = v;
      }
      return std::ranges::any_of(versions, [&](const auto& same) {
        return SightChanges(file, same.first, same.second);
      });
    });
  }

  // Whether, behind the first of two shapes and up to the second, anything of
  // the first `size` bytes came into sight or left it.
  static bool SightChanges(const File& file, uint64_t size,
                           std::pair<uint32_t, uint32_t> shapes) {
    if (shapes.first == shapes.second) return false;
    const auto between = [&](const auto& change) {
      return change.from_shape > shapes.first &&
             change.from_shape <= shapes.second;
    };
    return std::ranges::any_of(file.atoms, [&](const auto& atom) {
      const auto& [index, place] = atom;
      return index * kAtomBytes < size &&
             (std::ranges::any_of(place.generations, between) ||
              std::ranges::any_of(place.cuts, between));
    });
  }

  const WholeRun& run_;
  const Model::State& s_;
};

}  // namespace

bool DataAtomsApart(const Profile& profile, const Workload& workload) {
  const WholeRun run(profile, workload);
  return !AtomTies(run).Any();
}

}  // namespace powercut
