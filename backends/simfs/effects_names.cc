// Makes the effects on names (create, link, remove, rename, replace), and
// set_times.
//
// A name is an object of its own, keyed by its directory and text. One record
// holds what a crash must not separate, and needs between records say what a
// crash may leave of a rename of `from` to `to`:
//
//   what the profile lets show   records, in the order of writing
//   one of the two names         one: `to` leads to the file, `from` is gone
//   one, or both                 A: `to` leads to the file
//                                B: `from` is gone; needs A
//   one, or neither              A: `from` is gone
//                                B: `to` leads to the file; needs A
//   one, both, or neither        A: `to` leads to the file
//                                B: `from` is gone; needs nothing of A
//
// An exchange of two names is one record, or two that need nothing of each
// other where a rename may show both or neither. A replacement (ReplaceFile) is
// two such renames. Beside a journal, only the name that both of them change
// ties the two together: its records are a chain. Under a profile with
// metadata_commits the chain passes over records of two names that a later
// change of one name hides (Batch::HideTies()).

#include <algorithm>

#include "backends/simfs/effects.h"
#include "harness/base/check.h"

namespace powercut::simfs {
namespace {

// A name that is new to the live state begins with what it leads to now, so
// that this must be called before a record changes the name.
LiveName& LiveNameAt(LiveState& state, const ShownVolume::NameKey& key) {
  const auto [found, added] = state.names.try_emplace(key);
  if (added) {
    const InodeNumber leads_to = state.shown.Lookup(key.first, key.second);
    found->second.leads_to = {leads_to};
    if (leads_to != kNoInode) state.names_of[leads_to].insert(key);
  }
  return found->second;
}

}  // namespace

uint32_t DurableVersion(const LiveState& state, const Generation& generation,
                        uint32_t newest) {
  const auto& versions = generation.chain.versions;
  uint32_t durable = newest;
  while (durable > 0 &&
         state.disk.Reached(generation.sector, versions[durable].event) <
             Layer::kMedia) {
    --durable;
  }
  return durable;
}

void NeedVersion(const LiveState& state, const Generation& generation,
                 uint32_t version, RecordNeeds& needs) {
  if (version == 0) return;
  const auto& versions = generation.chain.versions;
  if (versions[version].record != 0) {
    needs.records.push_back(versions[version].record);
    return;
  }
  // A version in place has no record that could be asked for. It is there if
  // its sector holds none of the contents that a crash could leave instead:
  // those of the versions from the durable one up to the one before it.
  const uint32_t durable = DurableVersion(state, generation, version);
  if (durable == version) return;
  SectorCondition condition{.sector = generation.sector, .old_contents = {}};
  for (uint32_t old = durable; old < version; ++old) {
    // Equal bytes cannot be told apart, and need not be.
    if (versions[old].content == versions[version].content) continue;
    condition.old_contents.push_back(versions[old].content);
  }
  needs.sectors[generation.sector] = versions[version].event;
  needs.conditions.push_back(std::move(condition));
}

Change Effects::NameTo(const NameKey& name, InodeNumber inode) const {
  NameChange change{.directory = name.first, .name = name.second};
  if (inode == kNoInode) return change;
  const ShownFile& file = s_.shown.file(inode);
  change.inode = inode;
  change.is_directory = file.is_directory;
  change.created_mtime = file.created_mtime;
  return change;
}

VersionRef Effects::AddVersion(Chain& chain, const VersionSource& source,
                               RecordNumber record) {
  chain.versions.push_back({.source = source, .record = record});
  const VersionRef ref{&chain, chain.newest()};
  s_.records.Find(record)->versions.push_back(ref);
  return ref;
}

void Effects::Finish(const Batch& batch) {
  for (const auto& [sector, event] : batch.written()) {
    done_.written[sector] = event;
  }
}

std::string Effects::CommitNames(Batch& batch, const VersionSource& source,
                                 const std::vector<NameStep>& steps,
                                 bool makes) {
  // See LiveNameAt(): Commit() changes what the names lead to.
  for (const NameStep& step : steps) LiveNameAt(s_, step.name);
  if (std::string error = batch.Commit(); !error.empty()) return error;
  for (const NameStep& step : steps) {
    LiveName& name = LiveNameAt(s_, step.name);
    AddVersion(name.chain, source, step.record);
    if (s_.rules.metadata_commits) {
      s_.sync_log.Add({.op_run = source.op_run,
                       .record = step.record,
                       .name = step.name,
                       .before = name.leads_to.back(),
                       .after = step.inode,
                       .makes = makes});
    }
    name.leads_to.push_back(step.inode);
    if (step.inode != kNoInode) s_.names_of[step.inode].insert(step.name);
    s_.open_names.insert(step.name);
  }
  Finish(batch);
  return {};
}

// A new file has no record of its own. It is part of the record of its first
// name and of every other name that it gets, since a crash can leave any of
// them as the only one.
std::string Effects::Create(const VersionSource& source, const NameKey& name,
                            bool is_directory) {
  Batch batch(s_);
  const InodeNumber inode = batch.NewInode();
  const NameChange change{.directory = name.first,
                          .name = name.second,
                          .inode = inode,
                          .is_directory = is_directory,
                          .created_mtime = source.op};
  const RecordNumber record = batch.AddRecord({change}, /*journalled=*/true);
  std::string error =
      CommitNames(batch, source, {{name, inode, record}}, /*makes=*/true);
  if (error.empty()) {
    s_.made_as[inode] = {name, LiveNameAt(s_, name).chain.newest()};
  }
  return error;
}

std::string Effects::Link(const VersionSource& source, const NameKey& name,
                          InodeNumber inode) {
  Batch batch(s_);
  const RecordNumber record =
      batch.AddRecord({NameTo(name, inode)}, /*journalled=*/true);
  std::vector<RecordNumber> shapes;
  if (s_.Has(SimfsBug::kLinkResetsSize)) {
    const Shape shape = s_.shown.file(inode).shape;
    for (const Shape& step : {Shape{}, shape}) {
      shapes.push_back(batch.AddRecord({ShapeChange{inode, step}}, false));
    }
  }
  std::string error = CommitNames(batch, source, {{name, inode, record}});
  if (!error.empty()) return error;
  for (const RecordNumber shape : shapes) {
    AddVersion(s_.files[inode].shape, source, shape);
  }
  return {};
}

std::string Effects::Remove(const VersionSource& source, const NameKey& name) {
  Batch batch(s_);
  const RecordNumber record =
      batch.AddRecord({NameTo(name, kNoInode)}, /*journalled=*/true);
  return CommitNames(batch, source, {{name, kNoInode, record}});
}

RecordNeeds Effects::NeedsOfReplacement(InodeNumber moved) const {
  RecordNeeds needs;
  // Data in new space shows only under the newest shape.
  const auto shape = s_.newest_records.find({'s', moved, ""});
  if (shape != s_.newest_records.end()) needs.records.push_back(shape->second);
  const auto file = s_.files.find(moved);
  if (file == s_.files.end()) return needs;
  // Only the newest generation of an atom shows under the newest shape.
  for (const auto& [atom, generations] : file->second.generations) {
    const Generation& newest = s_.generations.at(generations.back());
    NeedVersion(s_, newest, newest.chain.newest(), needs);
  }
  return needs;
}

std::vector<Effects::NameStep> Effects::AddRename(Batch& batch,
                                                  const NameKey& from,
                                                  const NameKey& to,
                                                  InodeNumber moved,
                                                  bool replaces) const {
  RecordNeeds needs;
  if (replaces && s_.Has(SimfsBug::kReplaceForgetsData)) {
    needs.skips_data_journal = true;
  } else if (replaces && s_.rules.replace_brings_data) {
    needs = NeedsOfReplacement(moved);
  }
  const Change there = NameTo(to, moved);
  const Change gone = NameTo(from, kNoInode);
  const bool both =
      s_.rules.rename_shows_both || s_.Has(SimfsBug::kRenameInTwoRecords);
  const bool neither =
      s_.rules.rename_shows_neither || s_.Has(SimfsBug::kRenameLosesFile);
  std::vector<NameStep> steps;
  if (replaces && s_.Has(SimfsBug::kReplaceRemovesTargetFirst)) {
    steps = {{to, kNoInode, batch.AddRecord({NameTo(to, kNoInode)}, true)}};
  }
  const auto add = [&](NameStep first, NameStep second) {
    steps.push_back(std::move(first));
    steps.push_back(std::move(second));
    return steps;
  };
  if (!both && !neither) {
    const RecordNumber record = batch.AddRecord({there, gone}, true, needs);
    return add({to, moved, record}, {from, kNoInode, record});
  }
  if (!both) {
    // If the target is there, the source is gone.
    const RecordNumber first = batch.AddRecord({gone}, true);
    needs.records.push_back(first);
    const RecordNumber second = batch.AddRecord({there}, true, needs);
    return add({to, moved, second}, {from, kNoInode, first});
  }
  // If the source is gone, the target is there, unless neither may show.
  const RecordNumber first = batch.AddRecord({there}, true, needs);
  RecordNeeds gone_needs;
  if (!neither) gone_needs.records.push_back(first);
  const RecordNumber second = batch.AddRecord({gone}, true, gone_needs);
  return add({to, moved, first}, {from, kNoInode, second});
}

std::string Effects::Rename(const VersionSource& source, const NameKey& from,
                            const NameKey& to) {
  const InodeNumber moved = s_.shown.Lookup(from.first, from.second);
  const InodeNumber replaced = s_.shown.Lookup(to.first, to.second);
  POWERCUT_CHECK(moved != kNoInode);
  // POSIX: a rename of a file onto another name of the same file does nothing.
  if (moved == replaced) return {};
  Batch batch(s_);
  const auto steps = AddRename(batch, from, to, moved, replaced != kNoInode);
  return CommitNames(batch, source, steps);
}

std::string Effects::Exchange(const VersionSource& source, const NameKey& a,
                              const NameKey& b) {
  const InodeNumber of_a = s_.shown.Lookup(a.first, a.second);
  const InodeNumber of_b = s_.shown.Lookup(b.first, b.second);
  if (of_a == of_b) return {};
  Batch batch(s_);
  const Change first = NameTo(a, of_b);
  const Change second = NameTo(b, of_a);
  const bool halves = s_.rules.rename_shows_both ||
                      s_.rules.rename_shows_neither ||
                      s_.Has(SimfsBug::kRenameInTwoRecords);
  const RecordNumber record = halves ? batch.AddRecord({first}, true)
                                     : batch.AddRecord({first, second}, true);
  const RecordNumber other = halves ? batch.AddRecord({second}, true) : record;
  return CommitNames(batch, source, {{a, of_b, record}, {b, of_a, other}});
}

std::string Effects::Replace(const VersionSource& source, const NameKey& from,
                             const NameKey& to, const NameKey& backup) {
  const InodeNumber moved = s_.shown.Lookup(from.first, from.second);
  const InodeNumber replaced = s_.shown.Lookup(to.first, to.second);
  const InodeNumber old_backup = s_.shown.Lookup(backup.first, backup.second);
  Batch batch(s_);
  std::vector<NameStep> steps;
  if (replaced != old_backup) {
    steps = AddRename(batch, to, backup, replaced, old_backup != kNoInode);
  }
  // The name is free now, unless the backup already was another name of the
  // same file: then the first rename did nothing, and the second one replaces.
  const bool in_the_way = replaced == old_backup;
  if (!in_the_way || moved != replaced) {
    for (NameStep& step : AddRename(batch, from, to, moved, in_the_way)) {
      steps.push_back(std::move(step));
    }
  }
  if (steps.empty()) return {};
  return CommitNames(batch, source, steps);
}

std::string Effects::SetTimes(const VersionSource& source, InodeNumber inode,
                              uint64_t mtime) {
  Batch batch(s_);
  const RecordNumber record =
      batch.AddRecord({TimesChange{inode, mtime}}, /*journalled=*/true);
  if (std::string error = batch.Commit(); !error.empty()) return error;
  done_.times.push_back(AddVersion(s_.files[inode].times, source, record));
  NoteSet(source, inode, record);
  Finish(batch);
  return {};
}

void Effects::NoteSet(const VersionSource& source, InodeNumber inode,
                      RecordNumber record) {
  if (!s_.rules.metadata_commits) return;
  s_.sync_log.Add(
      {.op_run = source.op_run, .record = record, .inode = inode, .name = {}});
}

}  // namespace powercut::simfs
