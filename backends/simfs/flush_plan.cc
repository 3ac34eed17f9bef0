// Decides what a flush covers when it is called.
//
// Method. For each object in the scope of the rule the plan takes the newest
// version that the flush may cover: its op had returned when the flush was
// called, no failed flush tainted it, and it is no store that is still in its
// view. Covering a version covers the older ones, since an object is a prefix
// of its chain. A version in a record is covered with the closure of that
// record: all that the record needs, and what those need in turn. The closure
// stops at records that have reached the target layer, since a record is never
// carried without its needs.
//
// Example, spec-strict, /f is durable and empty:
//
//   write /f 0 512     data in sector 1032, records in 73 and 74
//   write /f 512 512   data in sector 1033, records in 75 and 76
//   write /f 0 512     data in sector 1032 again, a record in 77
//   fsync /f           persist to the device: 1032, 1033, 73 to 77; then to the
//                      media: all at the device that was written by the call
//
// If the third write had been `start`ed and not returned, the plan would hold
// sector 1032 only up to the event of the first write, and not 77.

#include "backends/simfs/flush_plan.h"

#include <algorithm>
#include <ranges>

#include "backends/simfs/record_closure.h"

namespace powercut::simfs {
namespace {

// A flush of a file names the sectors of all its atoms, also of those that are
// on the media already, as long as they are not more than this.
constexpr size_t kAtomsNamed = 256;

class Planner {
 public:
  // What is on the media need not be carried. `everything` says that it is to
  // be covered all the same, since a flush that fails taints it, too.
  Planner(LiveState& state, const FlushRule& rule, const FlushTarget& target,
          bool everything)
      : s_(state),
        target_(target),
        everything_(everything),
        closure_(state, rule.device == DeviceSync::kNone ? Layer::kDevice
                                                         : Layer::kMedia) {
    plan_.rule = rule;
    plan_.inode = target.inode;
    plan_.called = state.disk.now();
  }

  FlushPlan Plan() {
    const FlushRule& rule = plan_.rule;
    switch (rule.scope) {
      case FlushScope::kOwn:
        PlanOwn();
        break;
      case FlushScope::kSyncedWrite:
        PlanOwn();
        PlanMetadata(target_.inode);
        PlanNamesByRule(target_.inode);
        break;
      case FlushScope::kFile:
        PlanFile(target_.inode);
        PlanNamesByRule(target_.inode);
        break;
      case FlushScope::kDirectory:
        if (rule.times) PlanChain(&LiveFile::times, target_.inode);
        if (rule.names) PlanNamesIn(target_.inode);
        if (rule.own_names) PlanNamesOf(target_.inode);
        break;
      case FlushScope::kRange:
        PlanAtoms(target_.inode, true);
        break;
      case FlushScope::kView:
        PlanView();
        if (rule.made_name) PlanMadeName(target_.inode);
        break;
      case FlushScope::kVolume:
        PlanVolume();
        break;
      case FlushScope::kNothing:
        break;
    }
    for (const auto& [sector, event] : closure_.sectors) {
      Cover(plan_.carried, sector, event);
    }
    plan_.records = std::move(closure_.records);
    return std::move(plan_);
  }

 private:
  // Returns whether the flush covers the version by itself, not only as an
  // older or a needed one.
  bool Eligible(const Version& version) const {
    const VersionSource& source = version.source;
    if (target_.handle != 0 && source.handle != target_.handle) return false;
    if (!s_.op_runs[source.op_run].returned || version.tainted) return false;
    return source.view == 0 || version.carried || plan_.rule.sees_stores;
  }

  // Returns the newest such version; 0 if there is none.
  uint32_t NewestCovered(const Chain& chain) const {
    uint32_t version = chain.newest();
    while (version > 0 && !Eligible(chain.versions[version])) --version;
    return version;
  }

  void CoverVersion(Chain& chain, uint32_t version) {
    if (version == 0) return;
    plan_.covered.push_back({&chain, version});
    const RecordNumber record = chain.versions[version].record;
    if (record == 0) return;
    closure_.Add(record);
    if (plan_.rule.barrier) plan_.barrier.records.push_back(record);
  }

  void CoverAtom(Generation& generation, uint32_t version) {
    if (version == 0) return;
    // A flush that carries no shape is worth something only where the shape
    // that gave the space survives already.
    if (plan_.rule.placed_only) {
      const LiveFile& file = s_.files.at(generation.inode);
      if (generation.given_by > s_.DurableShape(file)) return;
    }
    CoverVersion(generation.chain, version);
    const Version& covered = generation.chain.versions[version];
    if (covered.record == 0) {
      Cover(plan_.carried, generation.sector, covered.event);
      if (plan_.rule.barrier) {
        NeedVersion(s_, generation, version, plan_.barrier);
      }
    }
  }

  // Returns the newest version of data or of metadata that a flush covers.
  uint32_t NewestDirty(const Chain& chain) const {
    const uint32_t newest = NewestCovered(chain);
    const bool cleaned =
        s_.Has(SimfsBug::kDirectoryFlushCleansFiles) &&
        plan_.rule.scope == FlushScope::kFile &&
        chain.versions[newest].source.op_run <= s_.synced_by_directory;
    return cleaned ? 0 : newest;
  }

  void PlanChain(Chain LiveFile::* chain, InodeNumber inode) {
    const auto file = s_.files.find(inode);
    if (file == s_.files.end()) return;
    CoverVersion(file->second.*chain, NewestDirty(file->second.*chain));
  }

  // Whether a planted bug keeps the flush from the size of this file.
  bool ForgetsSize(InodeNumber inode) const {
    if (s_.Has(SimfsBug::kFsyncAfterLinkSkipsSize)) {
      const auto& names = s_.shown.names();
      const auto links = std::ranges::count(
          names, inode, [](const auto& n) { return n.second; });
      if (links > 1) return true;
    }
    const auto file = s_.files.find(inode);
    return s_.Has(SimfsBug::kFallocateSizeForgotten) &&
           file != s_.files.end() && file->second.fallocated_shape > 0 &&
           file->second.fallocated_shape == file->second.shape.newest();
  }

  bool InRange(uint64_t atom) const {
    uint64_t begin = target_.begin;
    uint64_t end = target_.end;
    // Data is written out in whole pages (docs/semantics.md A-18).
    const bool view = plan_.rule.scope == FlushScope::kView;
    if (!view || !s_.Has(SimfsBug::kViewIgnoresPages)) {
      begin = begin / kPage * kPage;
      end = end > UINT64_MAX - kPage ? UINT64_MAX
                                     : (end + kPage - 1) / kPage * kPage;
    }
    return target_.begin < target_.end && (atom + 1) * kAtom > begin &&
           atom * kAtom < end;
  }

  void PlanAtoms(InodeNumber inode, bool range) {
    const auto found = s_.files.find(inode);
    if (!plan_.rule.data || found == s_.files.end()) return;
    LiveFile& file = found->second;
    if (everything_ || file.generations.size() <= kAtomsNamed) {
      for (const auto& [atom, generations] : file.generations) {
        PlanAtom(atom, generations, range);
      }
      return;
    }
    plan_.left_out_of = target_;
    for (auto at = file.open_atoms.begin(); at != file.open_atoms.end();) {
      const auto& generations = file.generations.at(*at);
      const bool settled = std::ranges::all_of(generations, [&](auto id) {
        const Generation& generation = s_.generations.at(id);
        return s_.IsSettled(generation.chain, generation.sector);
      });
      if (settled) {
        at = file.open_atoms.erase(at);
      } else {
        PlanAtom(*at++, generations, range);
      }
    }
  }

  void PlanAtom(uint64_t atom, const std::vector<GenerationId>& generations,
                bool range) {
    if (range && !InRange(atom)) return;
    // Older generations show under older shapes, which a crash may leave.
    for (const GenerationId id : generations) {
      Generation& generation = s_.generations.at(id);
      CoverAtom(generation, NewestDirty(generation.chain));
    }
  }

  void PlanFile(InodeNumber inode) {
    PlanAtoms(inode, false);
    PlanMetadata(inode);
  }

  void PlanNamesByRule(InodeNumber inode) {
    const FlushRule& rule = plan_.rule;
    if (rule.names) PlanNamesOf(inode);
    if (rule.made_name) PlanMadeName(inode);
    if (rule.removals) PlanRemovals(inode);
  }

  void PlanMetadata(InodeNumber inode) {
    if (plan_.rule.shape && !ForgetsSize(inode)) {
      PlanChain(&LiveFile::shape, inode);
    }
    if (plan_.rule.times) PlanChain(&LiveFile::times, inode);
  }

  void PlanNamesIn(InodeNumber directory) {
    const ShownVolume::NameKey first{directory, ""};
    if (everything_) {
      for (auto name = s_.names.lower_bound(first);
           name != s_.names.end() && name->first.first == directory; ++name) {
        PlanName(name->second);
      }
      return;
    }
    plan_.left_out_of = target_;
    auto key = s_.open_names.lower_bound(first);
    while (key != s_.open_names.end() && key->first == directory) {
      LiveName& name = s_.names.at(*key);
      if (s_.IsSettled(name.chain, 0)) {
        key = s_.open_names.erase(key);
      } else {
        PlanName(name);
        ++key;
      }
    }
  }

  void PlanName(LiveName& name) {
    const uint32_t version = NewestCovered(name.chain);
    const bool removed = name.leads_to[version] == kNoInode;
    if (removed && s_.Has(SimfsBug::kDirectoryKeepsRemovedNames)) return;
    CoverVersion(name.chain, version);
  }

  // Covers the names that lead to a file or directory, and the directories in
  // which these names lie, up to the root.
  void PlanNamesOf(InodeNumber inode) {
    // A crash can leave a directory below itself, where the names of several
    // renames mix.
    if (!named_.insert(inode).second) return;
    if (const auto keys = s_.names_of.find(inode); keys != s_.names_of.end()) {
      for (const ShownVolume::NameKey& key : keys->second) {
        LiveName& name = s_.names.at(key);
        const uint32_t version = NewestCovered(name.chain);
        if (name.leads_to[version] != inode) continue;
        if (!IsForgotten(name.chain.versions[version])) {
          CoverVersion(name.chain, version);
        }
        PlanAbove(key.first);
      }
    }
    // Names that no op touched since the mount are durable and not among the
    // live ones. Names above them may be.
    const auto found = s_.found_names_of.find(inode);
    if (found == s_.found_names_of.end()) return;
    for (const ShownVolume::NameKey& key : found->second) {
      if (!s_.names.contains(key)) PlanAbove(key.first);
    }
  }

  // A record of a rename holds two names.
  bool IsForgotten(const Version& name) const {
    if (!s_.Has(SimfsBug::kFsyncForgetsRename)) return false;
    const LiveRecord* const record = s_.records.Find(name.record);
    return record != nullptr && record->versions.size() > 1;
  }

  void PlanAbove(InodeNumber directory) {
    if (plan_.rule.names_above) return PlanNamesOf(directory);
    // A directory that was not made since the mount is durable, and so are
    // those above it at that time.
    while (true) {
      const auto made = s_.made_as.find(directory);
      if (made == s_.made_as.end() || !named_.insert(directory).second) return;
      const auto& [key, version] = made->second;
      Chain& chain = s_.names.at(key).chain;
      if (!Eligible(chain.versions[version])) return;
      CoverVersion(chain, version);
      directory = key.first;
    }
  }

  // Covers the name that the file was made with, and the directories above it.
  // A file from before the mount has a durable one.
  void PlanMadeName(InodeNumber inode) {
    const auto made = s_.made_as.find(inode);
    if (made == s_.made_as.end()) return;
    const auto& [key, version] = made->second;
    Chain& chain = s_.names.at(key).chain;
    if (!Eligible(chain.versions[version])) return;
    CoverVersion(chain, version);
    PlanAbove(key.first);
  }

  // Covers, for each name that led to the file and was removed, the newest of
  // these removals.
  void PlanRemovals(InodeNumber inode) {
    const auto keys = s_.names_of.find(inode);
    if (keys == s_.names_of.end()) return;
    for (const ShownVolume::NameKey& key : keys->second) {
      LiveName& name = s_.names.at(key);
      for (uint32_t v = name.chain.newest(); v > 0; --v) {
        const bool removed =
            name.leads_to[v - 1] == inode && name.leads_to[v] == kNoInode;
        const Version& version = name.chain.versions[v];
        if (!removed || !Eligible(version) || IsForgotten(version)) continue;
        CoverVersion(name.chain, v);
        break;
      }
    }
  }

  void PlanVolume() {
    for (auto& [key, name] : s_.names) {
      CoverVersion(name.chain, NewestCovered(name.chain));
    }
    for (const auto& [inode, file] : s_.files) {
      if (s_.Has(SimfsBug::kSyncfsMissesOneFile) &&
          inode == s_.files.rbegin()->first) {
        continue;
      }
      PlanFile(inode);
    }
  }

  void PlanOwn() {
    // The op itself has not returned yet, so that its versions are not
    // eligible: they are covered as they are.
    const auto newest = [&](const std::vector<VersionRef>& own) {
      for (const VersionRef& ref : own) CoverVersion(*ref.chain, ref.version);
    };
    const FlushRule& rule = plan_.rule;
    if (rule.shape) newest(target_.own->shape);
    if (rule.times) newest(target_.own->times);
    if (!rule.data) return;
    for (const OpEffects::OfAtom& own : target_.own->data) {
      CoverAtom(s_.generations.at(own.generation), own.version);
    }
  }

  // Returns whether the version is a store that a flush of this view carries.
  bool IsStoreHere(const Version& version) const {
    const VersionSource& source = version.source;
    if (source.view == 0 || version.tainted) return false;
    // Only msync carries a shape among the flushes of views.
    if (s_.Has(SimfsBug::kSecondMsyncSkips) && plan_.rule.shape &&
        source.op_run <= s_.files.at(target_.inode).synced_by_msync) {
      return false;
    }
    if (!s_.op_runs[source.op_run].returned) return false;
    return plan_.rule.all_views || source.view == target_.view;
  }

  void PlanView() {
    const FlushRule& rule = plan_.rule;
    const auto file = s_.files.find(target_.inode);
    if (rule.stores == StoreReach::kNone || file == s_.files.end()) return;
    // The ops of the stores that are carried.
    std::set<OpRunId> ops;
    for (const auto& [atom, generations] : file->second.generations) {
      if (!InRange(atom)) continue;
      for (const GenerationId id : generations) {
        Generation& generation = s_.generations.at(id);
        uint32_t newest = 0;
        const auto& versions = generation.chain.versions;
        for (uint32_t v = 1; v < versions.size(); ++v) {
          if (!IsStoreHere(versions[v])) continue;
          newest = v;
          ops.insert(versions[v].source.op_run);
          plan_.stores.push_back({&generation.chain, v});
        }
        if (rule.stores == StoreReach::kDevice) CoverAtom(generation, newest);
      }
    }
    PlanShapeOfStores(file->second.shape, ops);
  }

  // A store can have given the file space, by a version of the shape. The
  // version counts as written together with any page of the store.
  void PlanShapeOfStores(Chain& shape, const std::set<OpRunId>& ops) {
    uint32_t newest = 0;
    for (uint32_t v = 1; v < shape.versions.size(); ++v) {
      const Version& version = shape.versions[v];
      const bool carried =
          version.source.view != 0 && ops.contains(version.source.op_run);
      if (carried) plan_.stores.push_back({&shape, v});
      if (Eligible(version) || (carried && !version.tainted)) newest = v;
    }
    if (plan_.rule.shape) CoverVersion(shape, newest);
  }

  LiveState& s_;
  const FlushTarget& target_;
  const bool everything_;
  FlushPlan plan_;
  RecordClosure closure_;
  std::set<InodeNumber> named_;
};

}  // namespace

FlushPlan PlanFlush(LiveState& state, const FlushRule& rule,
                    const FlushTarget& target, bool overlapped) {
  FlushPlan plan = Planner(state, rule, target, overlapped).Plan();
  plan.carries = state.disk.carries();
  if (state.rules.metadata_commits && rule.scope == FlushScope::kVolume) {
    plan.volume_sync = state.sync_log.CallVolumeSync(
        [&](OpRunId op_run) { return state.op_runs[op_run].returned; });
  }
  if (overlapped && rule.device == DeviceSync::kAll) {
    plan.at_device = state.disk.AtDevice();
  }
  return plan;
}

std::vector<VersionRef> AllCovered(LiveState& state, const FlushRule& rule,
                                   const FlushTarget& target) {
  return Planner(state, rule, target, /*everything=*/true).Plan().covered;
}

}  // namespace powercut::simfs
