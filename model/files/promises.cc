// What the return of an op promises: the cells of the op's row of the table
// (model/table/primitives.h), applied to what had returned when the op was
// called.
//
// Method. When the op begins, Promises::Make() turns the row into a plan: which
// version of which chain is carried how far. The scope of the row says which
// chains are looked at, the cell for the kind of chain says how far, and
// Covered() says up to which version. Every op carries its own versions to the
// host. When the op returns, State::Promise() raises the floors of the plan and
// closes them under the implications. If a flush fails, State::Taint() marks
// what it would have covered, so that no later flush covers it by itself.
//
// Example: two writes to one atom (versions 1 and 2) return, and a third one
// (version 3) is under way when `fsync` is called. The plan is to carry version
// 2 to the media. After the fsync, power loss leaves version 2 or 3.
//
// Source: docs/semantics.md 2.3 and 2.6. model/README.md lists the rules R-...
// with the function that holds each.

#include <algorithm>
#include <optional>
#include <set>

#include "model/files/model_state.h"
#include "model/words/content.h"

namespace powercut {
namespace {

class Promises {
 public:
  Promises(const Model::State& state, const Op& op)
      : s_(state),
        op_(op),
        timeline_(state.timelines[op.number]),
        row_(state.promises[timeline_.primitive]) {}

  PromisePlan Make() {
    // R-WRITE: what an op did is at the host when it has returned.
    for (const ChainVersion& version : timeline_.own) {
      const Chain& chain = s_.chains[version.chain];
      const bool store = chain.versions[version.version].view != 0;
      const Coverage& plain = s_.promises[Primitive::kWrite];
      Add(version, store ? plain.views : ReachOf(plain, chain.kind));
    }
    switch (row_.scope) {
      case Scope::kOwn:
        // The loop above has done everything that a plain write promises.
        if (timeline_.primitive != Primitive::kWrite) CoverOwn();
        break;
      case Scope::kSyncedWrite:
        CoverOwn();
        // A write of no bytes syncs nothing.
        if (!timeline_.own.empty()) CoverMetadata(s_.TargetOf(op_));
        break;
      case Scope::kRange:
      case Scope::kFile:
        CoverFile(s_.TargetOf(op_));
        break;
      case Scope::kDirectory:
        CoverDirectory(s_.TargetOf(op_));
        break;
      case Scope::kVolume:
        CoverVolume();
        break;
      case Scope::kView:
        CoverView();
        break;
      case Scope::kLog:
      case Scope::kDevice:
        break;
    }
    // Whatever is at the device is noted now: what gets there while the flush
    // is under way need not be covered.
    if (row_.device == DeviceFlush::kAll || row_.preflush) NoteDevice();
    plan_.barrier = row_.barrier && s_.promises.order.barrier;
    return std::move(plan_);
  }

 private:
  static Reach ReachOf(const Coverage& row, ChainKind kind) {
    switch (kind) {
      case ChainKind::kName:
        return row.names;
      case ChainKind::kShape:
        return row.size;
      case ChainKind::kTimes:
        return row.times;
      case ChainKind::kAtom:
      case ChainKind::kSector:
        return row.data;
      case ChainKind::kCommit:
        break;
    }
    return Reach::kNone;
  }

  void Add(ChainVersion to, Reach reach) {
    if (reach == Reach::kNone) return;
    // The flush of the device's cache takes along only what got to the device.
    const bool to_media =
        reach == Reach::kDevice && row_.device != DeviceFlush::kNone;
    plan_.carries.push_back({to, reach, to_media});
  }

  // The newest version that a flush called now covers by itself. Older versions
  // of the chain are covered with it, even tainted ones, since a version
  // contains all effects before it.
  uint32_t Covered(const Chain& chain) const {
    for (uint32_t v = chain.newest(); v > 0; --v) {
      const Version& version = chain.versions[v];
      if (version.tainted || !s_.Returned(version.op)) continue;
      // A store in the memory of a view is no data of the file yet, unless the
      // row sees views (flush_sees_views). View flushes have CoverStores().
      const bool only_stored = version.view != 0 && !version.carried;
      const bool seen =
          row_.views != Reach::kNone && row_.scope != Scope::kView;
      if (only_stored && !seen) continue;
      return v;
    }
    return 0;
  }

  void Cover(ChainId id) {
    const Chain& chain = s_.chains[id];
    Add({id, Covered(chain)}, ReachOf(row_, chain.kind));
  }

  // Whether the space of the data would survive the death of the system if it
  // happened now (R-FDONLY). Data in any other space could not be reached then.
  bool IsPlaced(const File& file, const Generation& generation) const {
    return generation.from_shape <=
           s_.chains[file.shape].floor(CrashKind::kOs).version;
  }

  void CoverOwn() {
    for (const ChainVersion& version : timeline_.own) {
      const Chain& chain = s_.chains[version.chain];
      const Reach reach = ReachOf(row_, chain.kind);
      if (chain.kind == ChainKind::kAtom && row_.placed_data_only &&
          !OwnIsPlaced(version.chain)) {
        continue;
      }
      Add(version, reach);
    }
  }

  bool OwnIsPlaced(ChainId atom) const {
    const FileId target = s_.TargetOf(op_);
    if (target == kNoFile) return false;
    const File& file = s_.tree.files[target];
    for (const auto& [index, place] : file.atoms) {
      for (const Generation& generation : place.generations) {
        if (generation.chain == atom) return IsPlaced(file, generation);
      }
    }
    return false;
  }

  struct AtomRange {
    uint64_t first = 0;
    uint64_t end = ~uint64_t{0};
  };

  // The range widened to whole pages of the file, since systems write out pages
  //
  static AtomRange PagesOf(uint64_t begin_bytes, uint64_t size_bytes) {
    const uint64_t end = begin_bytes + size_bytes;
    const uint64_t last_page = (end + kPageBytes - 1) / kPageBytes;
    return {begin_bytes / kPageBytes * (kPageBytes / kAtomBytes),
            last_page * (kPageBytes / kAtomBytes)};
  }

  void CoverData(const File& file, AtomRange range) {
    if (row_.data == Reach::kNone) return;
    auto place = file.atoms.lower_bound(range.first);
    for (; place != file.atoms.end() && place->first < range.end; ++place) {
      // All generations are covered, not only the visible one: a crash may
      // leave an older shape, under which an older generation is visible.
      for (const Generation& generation : place->second.generations) {
        if (row_.placed_data_only && !IsPlaced(file, generation)) continue;
        Cover(generation.chain);
      }
    }
  }

  void CoverFile(FileId id) {
    if (id == kNoFile) return;
    CoverMetadata(id);
    const bool range = row_.scope == Scope::kRange;
    CoverData(s_.tree.files[id], range ? RangeOfOp() : AtomRange{});
  }

  // Covers what there is of a file beside its data, and its names.
  void CoverMetadata(FileId id) {
    if (id == kNoFile) return;
    const File& file = s_.tree.files[id];
    Cover(file.shape);
    Cover(file.times);
    if (row_.names != Reach::kNone) CoverNamesOf(id, row_.names);
    if (row_.made_name != Reach::kNone) CoverMadeName(id);
    if (row_.removed_names != Reach::kNone) CoverRemovedNamesOf(id);
  }

  AtomRange RangeOfOp() const {
    // A length of 0 asks sync_file_range for everything up to the end.
    if (op_.numbers[1] == 0) return {PagesOf(op_.numbers[0], 1).first};
    return PagesOf(op_.numbers[0], op_.numbers[1]);
  }

  // Covers the names that lead to the file, and names of the directories above,
  // up to the root (R-NAME-OF-FILE): a name can be found only along its path.
  void CoverNamesOf(FileId id, Reach reach) {
    for (const Name& name : s_.tree.names) {
      const std::optional<uint32_t> version = LeadsTo(name, id);
      if (!version) continue;
      Add({name.chain, *version}, reach);
      CoverNamesAbove(name.directory, reach);
    }
  }

  // Covers the names that lead to a directory: as they are, or as the
  // directories were made.
  void CoverNamesAbove(FileId directory, Reach reach) {
    std::set<FileId> seen;
    std::vector<FileId> todo = {directory};
    while (!todo.empty()) {
      const FileId file = todo.back();
      todo.pop_back();
      if (!seen.insert(file).second) continue;
      for (const Name& name : s_.tree.names) {
        const std::optional<uint32_t> version =
            row_.names_above ? LeadsTo(name, file) : MadeAs(name, file);
        if (!version) continue;
        Add({name.chain, *version}, reach);
        todo.push_back(name.directory);
      }
    }
  }

  // Covers the name that the file was made with, and the names that lead to its
  // directory.
  void CoverMadeName(FileId id) {
    for (const Name& name : s_.tree.names) {
      const std::optional<uint32_t> version = MadeAs(name, id);
      if (!version) continue;
      Add({name.chain, *version}, row_.made_name);
      CoverNamesAbove(name.directory, row_.made_name);
    }
  }

  // The newest version of the name that a flush covers, if it leads to the
  // file.
  std::optional<uint32_t> LeadsTo(const Name& name, FileId file) const {
    const uint32_t version = Covered(s_.chains[name.chain]);
    if (name.targets[version] != file) return std::nullopt;
    return version;
  }

  // The version of the name with which the file or directory was made, if this
  // is the name and a flush covers the version.
  std::optional<uint32_t> MadeAs(const Name& name, FileId made) const {
    const Chain& chain = s_.chains[name.chain];
    for (uint32_t v = 1; v <= chain.newest(); ++v) {
      const Version& version = chain.versions[v];
      if (name.targets[v] != made) continue;
      if (version.op != s_.tree.files[made].created_by) continue;
      if (!version.tainted && s_.Returned(version.op)) return v;
    }
    return std::nullopt;
  }

  // Covers the removals of names that led to the file: of each name the newest
  // one. A name that was given to another file by a rename was not removed.
  void CoverRemovedNamesOf(FileId id) {
    for (const Name& name : s_.tree.names) {
      const Chain& chain = s_.chains[name.chain];
      for (uint32_t v = chain.newest(); v > 0; --v) {
        const Version& version = chain.versions[v];
        if (name.targets[v - 1] != id || name.targets[v] != kNoFile) continue;
        if (version.tainted || !s_.Returned(version.op)) continue;
        Add({name.chain, v}, row_.removed_names);
        break;
      }
    }
  }

  void CoverDirectory(FileId id) {
    if (id == kNoFile) return;
    const File& directory = s_.tree.files[id];
    Cover(directory.times);
    for (const auto& [text, name] : directory.names) {
      Cover(s_.tree.names[name].chain);
    }
    if (row_.own_names != Reach::kNone) CoverNamesOf(id, row_.own_names);
  }

  void CoverVolume() {
    for (const Name& name : s_.tree.names) Cover(name.chain);
    for (const File& file : s_.tree.files) {
      Cover(file.shape);
      Cover(file.times);
      CoverData(file, AtomRange{});
    }
  }

  // Covers the stores in the pages of a view (R-FVOF, R-MSYNC). What was
  // written through handles is not covered.
  void CoverView() {
    const auto found = s_.views.find(op_.names[0]);
    if (found == s_.views.end()) return;
    const View& view = found->second;
    const File& file = s_.tree.files[view.file];
    const bool all_views =
        s_.profile->view_flush_sees_other_views || op_.kind == OpKind::kMsync;
    if (row_.size != Reach::kNone) Cover(file.shape);
    if (row_.times != Reach::kNone) Cover(file.times);
    if (row_.made_name != Reach::kNone) CoverMadeName(view.file);
    if (row_.views == Reach::kNone) return;
    // The op's range counts from the start of the view, pages from that of the
    // file.
    const uint64_t begin = op_.numbers[0];
    const bool to_end = op_.numbers[1] == 0;
    const uint64_t size = to_end ? view.size_bytes - begin : op_.numbers[1];
    const AtomRange range = PagesOf(view.offset_bytes + begin, size);
    auto place = file.atoms.lower_bound(range.first);
    for (; place != file.atoms.end() && place->first < range.end; ++place) {
      for (const Generation& generation : place->second.generations) {
        CoverStores(file, generation, all_views ? 0 : view.number);
      }
    }
  }

  // Covers the stores through the view with this number, or through every view
  // if it is 0.
  void CoverStores(const File& file, const Generation& generation,
                   uint32_t view) {
    const Chain& chain = s_.chains[generation.chain];
    uint32_t newest = 0;
    for (uint32_t v = chain.newest(); v > 0; --v) {
      const Version& version = chain.versions[v];
      const bool mine =
          version.view != 0 && (view == 0 || version.view == view);
      if (!mine || version.tainted || !s_.Returned(version.op)) continue;
      newest = std::max(newest, v);
      // The space for all pages of a store is one version of the shape. Where
      // the row carries shapes, flushing any of the pages carries that version,
      // unless the flush of another page failed to.
      for (const ChainVersion& own : s_.timelines[version.op].own) {
        const Chain& other = s_.chains[own.chain];
        if (other.kind != ChainKind::kShape) continue;
        if (!other.versions[own.version].tainted) Add(own, row_.size);
      }
    }
    if (newest == 0) return;
    const ChainVersion to{generation.chain, newest};
    plan_.flushed_stores.push_back(to);
    // A store whose space is not safe is handed on to the host only. A flush of
    // the file then has to bring the space as well.
    const bool placed = !row_.placed_data_only || IsPlaced(file, generation);
    Add(to, placed ? row_.views : Reach::kHost);
  }

  // Notes what is at the device and not on the media when the flush is called,
  // whichever file or sector it belongs to (R-DEVSYNC).
  void NoteDevice() {
    for (ChainId id = 0; id < s_.chains.size(); ++id) {
      const Chain& chain = s_.chains[id];
      const uint32_t version = chain.floor(CrashKind::kOs).version;
      if (version > chain.floor(CrashKind::kPower).version) {
        plan_.at_device.push_back({id, version});
      }
    }
  }

  const Model::State& s_;
  const Op& op_;
  const OpTimeline& timeline_;
  const Coverage& row_;
  PromisePlan plan_;
};

}  // namespace

PromisePlan Model::State::PlanPromises(const Op& op) const {
  return Promises(*this, op).Make();
}

bool Model::State::Promise(uint32_t number) {
  const PromisePlan& plan = timelines[number].plan;
  for (const ChainVersion& flushed : plan.flushed_stores) {
    for (uint32_t v = 1; v <= flushed.version; ++v) {
      Version& stored = chains[flushed.chain].versions[v];
      stored.carried = true;
      // The version of the shape that gave the store its space counts as
      // written, too, even if only some pages of the store were flushed. A
      // later flush of the file would otherwise cover data without its space.
      if (stored.view == 0) continue;
      for (const ChainVersion& own : timelines[stored.op].own) {
        if (chains[own.chain].kind != ChainKind::kShape) continue;
        chains[own.chain].versions[own.version].carried = true;
      }
    }
  }
  bool new_for_power = false;
  const auto raise = [&](ChainVersion to, CrashKind crash) {
    const bool higher = chains.Raise(to, crash, number);
    if (crash == CrashKind::kPower) new_for_power = new_for_power || higher;
  };
  for (const Carry& carry : plan.carries) {
    raise(carry.to, CrashKind::kProcess);
    if (carry.reach == Reach::kDevice) raise(carry.to, CrashKind::kOs);
    if (carry.to_media) raise(carry.to, CrashKind::kPower);
  }
  for (const ChainVersion& to : plan.at_device) raise(to, CrashKind::kPower);
  if (commits) KeepNames(number);
  chains.CloseFloors(number, OldFiles());
  // The order of a barrier binds what is appended after its return only. What
  // began earlier may still be found without it.
  if (plan.barrier) {
    for (const Carry& carry : plan.carries) {
      behind_barriers.push_back(carry.to);
    }
  }
  return new_for_power;
}

std::set<FileId> Model::State::OldFiles() const {
  std::set<FileId> old;
  for (const Name& name : tree.names) {
    for (const auto& [version, left] : name.left) {
      for (const uint32_t shown : name.ShownInsteadOf(version)) {
        old.insert(name.targets[shown]);
      }
    }
  }
  return old;
}

// O-LEFT: what a name led to before what the op promises is gone. A sync of a
// file says where the file is now, and nothing of a name that it left.
void Model::State::KeepNames(uint32_t number) {
  const OpTimeline& timeline = timelines[number];
  const Scope scope = promises[timeline.primitive].scope;
  if (scope != Scope::kDirectory && scope != Scope::kVolume) return;
  for (Name& name : tree.names) {
    if (name.left.empty()) continue;
    for (const Carry& carry : timeline.plan.carries) {
      const uint32_t kept = carry.to.version;
      if (carry.to.chain != name.chain || !carry.to_media) continue;
      for (auto& [version, left] : name.left) {
        left.from = std::max(left.from, kept);
      }
    }
  }
}

void Model::State::Taint(uint32_t number) {
  if (profile->failed_flush_keeps_dirty) return;
  // Older versions are tainted as well, since the flush was to cover them
  // together with the newest one (ERR-UNKNOWN).
  for (const Carry& carry : timelines[number].plan.carries) {
    for (uint32_t v = 1; v <= carry.to.version; ++v) {
      chains[carry.to.chain].versions[v].tainted = true;
    }
  }
}

}  // namespace powercut
