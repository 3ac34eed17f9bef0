// DataAtomsApart(): runs the whole workload through a model and then looks for
// anything in the model's state that could tie two data atoms together. The
// answer is true if nothing of the following is found:
//
// * An implication that names an atom or a raw sector: a barrier, a preflush,
//   the journal of data_ordered, a rename that brings data. With two of them,
//   what one atom shows decides what another may show. Implications between
//   names, shapes and times tie no data: what these objects show is given.
// * A name that may lead to several files that can look alike. The bytes then
//   tell which file it is, and one atom may fit only the first file while
//   another atom fits only the second. Files of different sizes cannot be taken
//   for each other. Under rename_leaves_temporary, a stranger may be either
//   file of any rename that replaced a file.
// * Two shapes of one file with the same size, between which space became
//   visible or ceased to be (a write into a hole, a size that came back after a
//   cut), or was cut for older versions (truncation_writes_zeros). One atom may
//   fit only the earlier shape while another fits only the later one.
// * A log or a store. Their records are not data of files, but no caller needs
//   an answer for workloads with logs or stores.
//
// Everything else that FileMatcher asks of an atom (floors, cuts, generations,
// stale bytes) is asked of that atom alone. Versions below the floors at the
// end of `init` can never be found, so that they tie nothing. Ops only add to
// what ties atoms, and therefore the state at the end of the workload is enough
// for every moment.
//
// Example: if `init` has written /f, then `write /f 0 1024` ties nothing
// (unless data_ordered does), since each of the two atoms is old or new for
// itself. If /f was a hole of that size, the write adds a shape of the same
// size under which both atoms become visible, and the two atoms are tied.

#include "model/files/data_atoms.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "model/files/model_state.h"
#include "model/files/whole_run.h"
#include "model/words/content.h"

namespace powercut {
namespace {

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
      // A rule whose conclusion is promised from the beginning of `run` on
      // cannot be broken.
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

  // Whether one observed entry could be either of two of these files, as far as
  // kinds and sizes tell. Directories have no size to tell them apart.
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
    // The files of all renames count together, since a temporary name may
    // belong to any of the renames.
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
      // For each size, the first and the last version of the shape that has it.
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

  // Whether any of the first `size` bytes became visible or ceased to be
  // visible after the first of two versions of the shape and up to the second.
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
