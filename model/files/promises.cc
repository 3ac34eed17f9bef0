// What the return of an op promises: the cells of its row of the table
// (model/table/primitives.h), applied to what had returned when it was called.
//
// Source: research/semantics.md 2.3 and 2.6; rule numbers R-... are listed in
// model/README.md.

#include <algorithm>
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
    // Every op that returned: what it did is with the host.
    for (const ChainVersion& version : timeline_.own) {
      const Chain& chain = s_.chains[version.chain];
      const bool store = chain.versions[version.version].view != 0;
      const Coverage& plain = s_.promises[Primitive::kWrite];
      Add(version, store ? plain.views : ReachOf(plain, chain.kind));
    }
    switch (row_.scope) {
      case Scope::kOwn:
        if (timeline_.primitive != Primitive::kWrite) CoverOwn();
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
    }
    return Reach::kNone;
  }

  void Add(ChainVersion to, Reach reach) {
    if (reach == Reach::kNone) return;
    const bool to_media =
        reach == Reach::kDevice && row_.device != DeviceFlush::kNone;
    plan_.carries.push_back({to, reach, to_media});
  }

  // The newest version that a flush called now covers, by itself.
  uint32_t Covered(const Chain& chain) const {
    for (uint32_t v = chain.newest(); v > 0; --v) {
      const Version& version = chain.versions[v];
      if (version.tainted || !s_.Returned(version.op)) continue;
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

  // R-FDONLY: data that has its place already.
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

  // Widened to whole pages of the file.
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
      for (const Generation& generation : place->second.generations) {
        if (row_.placed_data_only && !IsPlaced(file, generation)) continue;
        Cover(generation.chain);
      }
    }
  }

  void CoverFile(FileId id) {
    if (id == kNoFile) return;
    const File& file = s_.tree.files[id];
    Cover(file.shape);
    Cover(file.times);
    const bool range = row_.scope == Scope::kRange;
    CoverData(file, range ? RangeOfOp() : AtomRange{});
    if (row_.names != Reach::kNone) CoverNamesOf(id);
  }

  AtomRange RangeOfOp() const {
    // sync_file_range: a length of 0 is up to the end.
    if (op_.numbers[1] == 0) return {PagesOf(op_.numbers[0], 1).first};
    return PagesOf(op_.numbers[0], op_.numbers[1]);
  }

  // R-NAME-OF-FILE: the names that lead to the file, and so on upwards.
  void CoverNamesOf(FileId id) {
    std::set<FileId> seen;
    std::vector<FileId> todo = {id};
    while (!todo.empty()) {
      const FileId file = todo.back();
      todo.pop_back();
      if (!seen.insert(file).second) continue;
      for (const Name& name : s_.tree.names) {
        const uint32_t version = Covered(s_.chains[name.chain]);
        if (name.targets[version] != file) continue;
        Add({name.chain, version}, row_.names);
        todo.push_back(name.directory);
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
  }

  void CoverVolume() {
    for (const Name& name : s_.tree.names) Cover(name.chain);
    for (const File& file : s_.tree.files) {
      Cover(file.shape);
      Cover(file.times);
      CoverData(file, AtomRange{});
    }
  }

  // R-FVOF, R-MSYNC.
  void CoverView() {
    const auto found = s_.views.find(op_.names[0]);
    if (found == s_.views.end()) return;
    const View& view = found->second;
    const File& file = s_.tree.files[view.file];
    const bool all_views =
        s_.profile->view_flush_sees_other_views || op_.kind == OpKind::kMsync;
    if (row_.size != Reach::kNone) Cover(file.shape);
    if (row_.times != Reach::kNone) Cover(file.times);
    if (row_.views == Reach::kNone) return;
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

  // `view`: the stores of that view only; 0: of every one.
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
      // With a part of a store goes the space that it was given.
      for (const ChainVersion& own : s_.timelines[version.op].own) {
        if (s_.chains[own.chain].kind == ChainKind::kShape) Add(own, row_.size);
      }
    }
    if (newest == 0) return;
    const ChainVersion to{generation.chain, newest};
    plan_.flushed_stores.push_back(to);
    const bool placed = !row_.placed_data_only || IsPlaced(file, generation);
    Add(to, placed ? row_.views : Reach::kHost);
  }

  // R-DEVSYNC: whatever is at the device when the flush is called.
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
      // With a part of a store goes the space that it was given.
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
  chains.CloseFloors(number);
  if (plan.barrier) {
    for (const Carry& carry : plan.carries) {
      behind_barriers.push_back(carry.to);
    }
  }
  return new_for_power;
}

void Model::State::Taint(uint32_t number) {
  if (profile->failed_flush_keeps_dirty) return;
  for (const Carry& carry : timelines[number].plan.carries) {
    for (uint32_t v = 1; v <= carry.to.version; ++v) {
      chains[carry.to.chain].versions[v].tainted = true;
    }
  }
}

}  // namespace powercut
