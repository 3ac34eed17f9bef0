// Which effects must survive, written anew from the rules. When an op is
// called, each primitive that it stands for is turned into the set of effects
// that it covers; when the op returns with success, these effects, and all that
// they imply, must survive the kinds of crash that the row says.
//
// A write through a handle can stand for several primitives at once, such as
// `dsync` through an unbuffered handle: each of them is applied, where the
// model takes the strongest row.

#include "tests/exhaustive/definition_promises.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "harness/base/check.h"
#include "tests/exhaustive/definition_log.h"

namespace powercut::definition {
namespace {

constexpr uint64_t kAtom = 512;
constexpr uint64_t kPage = 4096;

// Whether atom `place` lies in a page that [begin, end) touches.
bool InPages(uint64_t place, uint64_t begin, uint64_t end) {
  const uint64_t page = place * kAtom / kPage;
  return begin < end && page >= begin / kPage && page <= (end - 1) / kPage;
}

Primitive NtFlushOf(const Op& op) {
  const auto value = op.Key("flags");
  if (op.HasFlag("file_data_only") || value == "1") {
    return Primitive::kNtFlushDataOnly;
  }
  if (op.HasFlag("no_sync") || value == "2") return Primitive::kNtFlushNoSync;
  if (op.HasFlag("file_data_sync_only") || value == "4") {
    return Primitive::kNtFlushDataSyncOnly;
  }
  return value ? Primitive::kNtFlushFull : Primitive::kNtFlushBuffersFile;
}

}  // namespace

// --- which row of the table --------------------------------------------------

std::vector<Primitive> Promises::PrimitivesOf(const Op& op) const {
  const bool volume = !op.names.empty() && op.names[0] == "volume";
  bool directory = false;
  const bool of_file =
      op.kind == OpKind::kFsync || op.kind == OpKind::kFdatasync ||
      op.kind == OpKind::kNtFlush || op.kind == OpKind::kFlushFileBuffers;
  if (of_file && !volume) {
    directory = effects_.files()[effects_.Find(op.names[0])].is_directory;
  }
  switch (op.kind) {
    case OpKind::kFsync:
      return {directory ? Primitive::kFsyncDirectory : Primitive::kFsync};
    case OpKind::kFdatasync:
      return {directory ? Primitive::kFsyncDirectory : Primitive::kFdatasync};
    case OpKind::kSyncFileRange:
      return {Primitive::kSyncFileRange};
    case OpKind::kSyncfs:
      return {Primitive::kSyncfs};
    case OpKind::kFullFsync:
      return {Primitive::kFullFsync};
    case OpKind::kBarrierFsync:
      return {Primitive::kBarrierFsync};
    case OpKind::kNtFlush:
      if (volume) return {Primitive::kNtFlushVolume};
      return {directory ? Primitive::kNtFlushDirectory : NtFlushOf(op)};
    case OpKind::kFlushFileBuffers:
      if (volume) return {Primitive::kFlushFileBuffersVolume};
      return {directory ? Primitive::kNtFlushDirectory
                        : Primitive::kFlushFileBuffers};
    case OpKind::kFlushView:
      return {op.numbers[1] == 0 ? Primitive::kFlushViewToEnd
                                 : Primitive::kFlushViewRange};
    case OpKind::kMsync:
      return {op.HasFlag("async") ? Primitive::kMsyncAsync : Primitive::kMsync};
    case OpKind::kDiskWrite:
      // What a preflush adds to FUA is in End() and in the effects.
      return {op.HasFlag("fua")        ? Primitive::kDiskWriteFua
              : op.HasFlag("preflush") ? Primitive::kDiskWritePreflush
                                       : Primitive::kDiskWrite};
    case OpKind::kDiskFlush:
      return {Primitive::kDiskFlush};
    case OpKind::kDiskDiscard:
      return {Primitive::kDiskDiscard};
    case OpKind::kWrite:
    case OpKind::kAppend:
      break;
    default:
      return {};
  }
  std::vector<Primitive> rows;
  if (op.HasFlag("dsync")) rows.push_back(Primitive::kWriteDsync);
  if (op.HasFlag("sync")) rows.push_back(Primitive::kWriteSync);
  const Handle* handle = effects_.FindHandle(op.names[0]);
  if (handle == nullptr) return rows;
  const bool through = handle->Has("write_through");
  const bool unbuffered = handle->Has("no_buffering");
  if (through && unbuffered) {
    rows.push_back(Primitive::kNoBufferingWriteThrough);
  } else if (through) {
    rows.push_back(Primitive::kWriteThrough);
  } else if (unbuffered) {
    rows.push_back(Primitive::kNoBuffering);
  }
  if (handle->Has("direct")) rows.push_back(Primitive::kOpenDirect);
  if (handle->Has("dsync")) rows.push_back(Primitive::kOpenDsync);
  if (handle->Has("sync")) rows.push_back(Primitive::kOpenSync);
  return rows;
}

// --- what it covers ----------------------------------------------------------

Reach Promises::ReachOf(const Effect& effect, const Coverage& row) const {
  const bool only_stored = effect.view != kNone && !effect.carried;
  switch (effect.thing) {
    case Thing::kName:
      // Every row carries names to one place, or none at all.
      return std::max(
          {row.names, row.own_names, row.removed_names, row.made_name});
    case Thing::kShape:
      // A flush that sees stores sees the space that they were given as well.
      return only_stored &&
                     (row.views == Reach::kNone || row.scope == Scope::kView)
                 ? Reach::kNone
                 : row.size;
    case Thing::kTimes:
      return row.times;
    case Thing::kSector:
      return row.data;
    case Thing::kAtom:
      break;
  }
  if (row.scope == Scope::kView) {
    return effect.view == kNone ? Reach::kNone : row.views;
  }
  return only_stored ? row.views : row.data;
}

bool Promises::InRange(const Op& op, const Effect& effect) const {
  // A length of 0 stands for everything up to the end of the file.
  if (op.numbers[1] == 0) {
    return effect.place * kAtom / kPage >= op.numbers[0] / kPage;
  }
  return InPages(effect.place, op.numbers[0], op.numbers[0] + op.numbers[1]);
}

bool Promises::InView(const Op& op, const Effect& effect) const {
  const Index id = effects_.FindView(op.names[0]);
  const View& view = effects_.views()[id];
  const bool all_views =
      op.kind == OpKind::kMsync || profile_.view_flush_sees_other_views;
  if (effect.view != id && !all_views) return false;
  const uint64_t begin = view.offset + op.numbers[0];
  const uint64_t end =
      op.numbers[1] == 0 ? view.offset + view.size : begin + op.numbers[1];
  return InPages(effect.place, begin, end);
}

// The names that lead to `file`, each by its newest version that a flush can
// cover.
std::set<Index> Promises::NamesOf(Index file) const {
  std::set<Index> names;
  const std::vector<Effect>& all = effects_.all();
  for (Index i = 0; i < all.size() && file != kRoot; ++i) {
    const Effect& e = all[i];
    if (e.thing != Thing::kName || e.leads_to != file || !Coverable(e))
      continue;
    bool newest = true;
    for (Index later = i + 1; later < all.size(); ++later) {
      if (all[later].Changes(e) && Coverable(all[later])) newest = false;
    }
    if (newest) names.insert(i);
  }
  return names;
}

// The name that a file or directory got when it was made; kNone for the root,
// and if a flush cannot cover that name.
Index Promises::MadeBy(Index made) const {
  const std::vector<Effect>& all = effects_.all();
  for (Index i = 0; i < all.size(); ++i) {
    const Effect& e = all[i];
    const bool here = e.thing == Thing::kName && e.leads_to == made;
    if (here && e.op == effects_.files()[made].created_by) {
      return Coverable(e) ? i : kNone;
    }
  }
  return kNone;
}

// The names of a directory and of those above it: as they are, or as the
// directories were made.
std::set<Index> Promises::NamesAbove(Index directory, bool as_they_are) const {
  std::set<Index> names;
  std::set<Index> seen = {kRoot};
  std::vector<Index> open = {directory};
  while (!open.empty()) {
    const Index next = open.back();
    open.pop_back();
    if (!seen.insert(next).second) continue;
    std::set<Index> here;
    if (as_they_are) here = NamesOf(next);
    const Index made = as_they_are ? kNone : MadeBy(next);
    if (made != kNone) here.insert(made);
    for (const Index i : here) open.push_back(effects_.all()[i].file);
    names.merge(here);
  }
  return names;
}

// For each name that led to `file` and was removed, the newest such removal
// that a flush can cover.
std::set<Index> Promises::RemovalsOf(Index file) const {
  std::map<std::pair<Index, std::string>, Index> removals;
  std::map<std::pair<Index, std::string>, Index> leads_to;
  const std::vector<Effect>& all = effects_.all();
  for (Index i = 0; i < all.size(); ++i) {
    const Effect& e = all[i];
    if (e.thing != Thing::kName) continue;
    const auto [before, first] = leads_to.try_emplace({e.file, e.text}, kNone);
    if (before->second == file && e.leads_to == kNone && Coverable(e)) {
      removals[{e.file, e.text}] = i;
    }
    before->second = e.leads_to;
  }
  std::set<Index> newest;
  for (const auto& [name, i] : removals) newest.insert(i);
  return newest;
}

Index Promises::IndexOf(const Effect& effect) const {
  return static_cast<Index>(&effect - effects_.all().data());
}

bool Promises::InScope(const Op& op, const Coverage& row, const Effect& effect,
                       const std::set<Index>& names) const {
  if (row.scope == Scope::kDevice) return false;
  if (row.scope == Scope::kVolume) return effect.thing != Thing::kSector;
  if (effect.thing == Thing::kSector) return false;
  if (row.scope == Scope::kView) {
    const Index file = effects_.views()[effects_.FindView(op.names[0])].file;
    if (effect.thing == Thing::kName) return names.contains(IndexOf(effect));
    if (effect.file != file) return false;
    return effect.thing != Thing::kAtom || InView(op, effect);
  }
  const Index file = effects_.Find(op.names[0]);
  if (effect.thing == Thing::kName) {
    if (row.scope == Scope::kDirectory && effect.file == file &&
        row.names != Reach::kNone) {
      return true;
    }
    return names.contains(IndexOf(effect));
  }
  if (effect.file != file) return false;
  const bool range = row.scope == Scope::kRange;
  return !range || effect.thing != Thing::kAtom || InRange(op, effect);
}

// Whether the space of an atom would survive the death of the system; true for
// what is no atom.
bool Promises::Placed(Index index) const {
  const Effect& effect = effects_.all()[index];
  if (effect.thing != Thing::kAtom) return true;
  const Index given_by = effects_.generations()[effect.generation].given_by;
  return effects_.all()[given_by].must_survive(CrashKind::kOs);
}

// The names that a row covers beside those in a directory that is flushed.
std::set<Index> Promises::NamesFor(const Op& op, const Coverage& row) const {
  std::set<Index> names;
  const bool of_view = row.scope == Scope::kView;
  const bool of_file =
      row.scope == Scope::kFile || row.scope == Scope::kSyncedWrite || of_view;
  if (!of_file && row.scope != Scope::kDirectory) return names;
  const Index file = of_view
                         ? effects_.views()[effects_.FindView(op.names[0])].file
                         : effects_.Find(op.names[0]);
  const Reach leads_here = of_file ? row.names : row.own_names;
  if (leads_here != Reach::kNone) {
    names = NamesOf(file);
    for (const Index i : NamesOf(file)) {
      names.merge(NamesAbove(effects_.all()[i].file, row.names_above));
    }
  }
  if (of_file && row.made_name != Reach::kNone && MadeBy(file) != kNone) {
    const Index made = MadeBy(file);
    names.insert(made);
    names.merge(NamesAbove(effects_.all()[made].file, row.names_above));
  }
  if (of_file && row.removed_names != Reach::kNone) {
    names.merge(RemovalsOf(file));
  }
  return names;
}

// Whether the row covers an effect. `own` has those of the op itself, and
// `names` those that NamesFor() has.
bool Promises::Covers(const Op& op, const Coverage& row, Index index,
                      const std::set<Index>& own,
                      const std::set<Index>& names) const {
  const Effect& effect = effects_.all()[index];
  if (row.scope == Scope::kOwn) return own.contains(index);
  if (row.scope == Scope::kSyncedWrite) {
    if (own.contains(index)) return true;
    // The write of no bytes is followed by no sync, and no sync brings the data
    // of other writes along.
    if (own.empty() || effect.thing == Thing::kAtom) return false;
  }
  return Coverable(effect) && InScope(op, row, effect, names);
}

Promises::Call Promises::CallOf(const Op& op, Primitive id,
                                const std::set<Index>& own) const {
  Call call;
  call.row = table_[id];
  const std::set<Index> names = NamesFor(op, call.row);
  for (Index i = 0; i < effects_.all().size(); ++i) {
    const Effect& effect = effects_.all()[i];
    if (!Covers(op, call.row, i, own, names)) continue;
    const Reach reach = ReachOf(effect, call.row);
    if (reach == Reach::kNone) continue;
    const bool placed = !call.row.placed_data_only || Placed(i);
    // A view flush hands a store to the host even if its space is not safe.
    if (effect.view != kNone && (placed || call.row.scope == Scope::kView)) {
      call.carried.insert(i);
    }
    if (reach == Reach::kDevice && placed) call.device.insert(i);
  }
  AddSpaceOfStores(call);
  return call;
}

// Flushing any part of a store also carries the space that was given to the
// whole store.
void Promises::AddSpaceOfStores(Call& call) const {
  const std::vector<Effect>& all = effects_.all();
  const std::set<Index> stored = call.carried;
  for (const Index i : stored) {
    for (Index shape = 0; shape < all.size(); ++shape) {
      if (all[shape].op != all[i].op || all[shape].thing != Thing::kShape) {
        continue;
      }
      call.carried.insert(shape);
      const bool flushed = call.row.size == Reach::kDevice;
      if (flushed && Coverable(all[shape])) call.device.insert(shape);
    }
  }
}

// --- promising ---------------------------------------------------------------

void Promises::Raise(Index effect, CrashKind upto) {
  for (const Index implied : effects_.Closure(effect)) {
    for (const CrashKind kind : kCrashKinds) {
      if (kind <= upto) {
        effects_.all()[implied].must[static_cast<size_t>(kind)] = true;
      }
    }
  }
}

void Promises::Begin(const Op& op, Index first) {
  OpRun& op_run = op_runs_[op.number];
  for (Index i = 0; i < effects_.all().size(); ++i) {
    if (i >= first) op_run.own.insert(i);
    if (effects_.all()[i].must_survive(CrashKind::kOs)) {
      op_run.at_device.insert(i);
    }
  }
  for (const Primitive id : PrimitivesOf(op)) {
    op_run.calls.push_back(CallOf(op, id, op_run.own));
    NoteSync(op, op_run.calls.back());
  }
  op_run.before = over_;
  LogChanges();
}

// A sync of one file may log from its call to its return.
void Promises::NoteSync(const Op& op, const Call& call) {
  // A raw write of the disk names no file. Only a write must flush the device
  // to be a sync: a flush that asks for less may be one, unless it does
  // nothing.
  const Scope scope = call.row.scope;
  const bool write = scope == Scope::kOwn || scope == Scope::kRange;
  const bool nothing = scope == Scope::kView && call.row.views == Reach::kNone;
  const bool syncs =
      call.row.device != DeviceFlush::kNone || !(write || nothing);
  if (!syncs || op.names.empty()) return;
  switch (call.row.scope) {
    case Scope::kOwn:
    case Scope::kSyncedWrite:
    case Scope::kRange:
    case Scope::kFile:
    case Scope::kDirectory:
      syncs_[op.number] = effects_.Find(op.names[0]);
      break;
    case Scope::kView:
      syncs_[op.number] = effects_.views()[effects_.FindView(op.names[0])].file;
      break;
    default:
      break;
  }
}

void Promises::LogChanges() {
  std::set<Index> synced;
  bool running = false;
  for (const auto& [op, file] : syncs_) {
    synced.insert(file);
    running = running || !over_.contains(op);
  }
  if (!running || !profile_.metadata_committed) return;
  for (const Index i : LoggedChanges(effects_, synced)) {
    effects_.all()[i].logged = true;
  }
}

// A commit holds the changes of these ops, and empties the log of their syncs.
void Promises::Commit(const std::set<uint32_t>& ops) {
  for (Effect& e : effects_.all()) e.committed |= ops.contains(e.op);
  std::erase_if(syncs_,
                [&](const auto& sync) { return ops.contains(sync.first); });
}

void Promises::Keep(const Call& call, const OpRun& op_run) {
  std::vector<Index> covered;
  for (const Index i : call.carried) effects_.all()[i].carried = true;
  for (const Index i : call.device) {
    if (effects_.all()[i].tainted) continue;
    covered.push_back(i);
    const bool media = call.row.device != DeviceFlush::kNone;
    Raise(i, media ? CrashKind::kPower : CrashKind::kOs);
    if (media) KeepName(i, call.row.scope);
  }
  if (call.row.device == DeviceFlush::kAll) {
    for (const Index i : op_run.at_device) Raise(i, CrashKind::kPower);
  }
  if (call.row.barrier) effects_.Barrier(covered);
}

// O-LEFT: what a name led to before a change that is kept is gone. A sync of a
// file keeps nothing of a name that the file left.
void Promises::KeepName(Index kept, Scope scope) {
  std::vector<Effect>& all = effects_.all();
  if (scope != Scope::kDirectory && scope != Scope::kVolume) return;
  for (Effect& e : all) {
    if (!e.Changes(all[kept])) continue;
    e.or_shows.erase(e.or_shows.begin(), e.or_shows.lower_bound(kept));
  }
}

// A flush covers an effect together with those before it on the same object,
// also where they are not in its scope: data that was written through a handle
// is lost with the store that follows it in the same page.
void Promises::Taint(Index newest) {
  std::vector<Effect>& all = effects_.all();
  for (Index i = 0; i <= newest; ++i) {
    if (all[i].Changes(all[newest])) all[i].tainted = true;
  }
}

void Promises::End(const Op& op, bool ok) {
  over_.insert(op.number);
  const OpRun op_run = op_runs_.at(op.number);
  if (!ok) {
    if (profile_.failed_flush_keeps_dirty) return;
    for (const Call& call : op_run.calls) {
      for (const Index i : call.carried) {
        if (effects_.all()[i].thing == Thing::kAtom) Taint(i);
      }
      for (const Index i : call.device) Taint(i);
    }
    return;
  }
  for (const Index i : op_run.own) {
    effects_.all()[i].returned = true;
    Raise(i, CrashKind::kProcess);
  }
  if (op.HasFlag("preflush")) {
    for (const Index i : op_run.at_device) Raise(i, CrashKind::kPower);
  }
  for (const Call& call : op_run.calls) {
    Keep(call, op_run);
    const bool volume = call.row.scope == Scope::kVolume &&
                        call.row.device != DeviceFlush::kNone;
    if (volume) Commit(op_run.before);
  }
  // What an effect that is kept implies may have been less before.
  for (Index i = 0; i < effects_.all().size(); ++i) {
    for (const CrashKind kind : kCrashKinds) {
      if (effects_.all()[i].must_survive(kind)) Raise(i, kind);
    }
  }
}

void Promises::EndInit() {
  for (Index i = 0; i < effects_.all().size(); ++i) {
    if (effects_.all()[i].returned) Raise(i, CrashKind::kPower);
    effects_.all()[i].or_shows.clear();
  }
  Commit(over_);
}

}  // namespace powercut::definition
