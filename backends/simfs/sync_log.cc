// What is logged spreads: from a synced file to what the log of a sync would
// need so that the file can be found again. Names and inodes are marked one by
// one, and each is looked at once when it is marked, and again in part when a
// later change touches it.
//
//   from                          to
//   an inode                      the names of it that changed
//   a directory                   the names in it that changed
//   a name that changed           the inodes that it leads to or led to
//   an inode that was moved       the directories in which it has or had a name
//   an inode                      the directories above it that were made
//
// All of this is about the time since the last commit, but for the directories
// in which an inode had a name.

#include "backends/simfs/sync_log.h"

#include <algorithm>

namespace powercut::simfs {

void SyncLog::Add(Change change) {
  Note(change);
  changes_.push_back(std::move(change));
}

void SyncLog::BeginSync(OpRunId op_run, InodeNumber inode) {
  syncs_.push_back({op_run, inode, 0});
  running_.insert(op_run);
  Log(inode);
  Spread();
}

std::vector<RecordNumber> SyncLog::TakeRecords() {
  std::vector<RecordNumber> records = std::exchange(taken_, {});
  std::sort(records.begin(), records.end());
  records.erase(std::unique(records.begin(), records.end()), records.end());
  return records;
}

void SyncLog::Commit(uint32_t number) {
  const auto committed = [&](const auto& entry) {
    return entry.covered_by != 0 && entry.covered_by <= number;
  };
  std::erase_if(changes_, committed);
  std::erase_if(syncs_, committed);
  names_.clear();
  inodes_.clear();
  taken_.clear();
  for (const Change& change : changes_) Note(change);
  for (const Synced& synced : syncs_) Log(synced.inode);
  Spread();
}

void SyncLog::Note(const Change& change) {
  if (change.inode != kNoInode) {
    OfInode& inode = inodes_[change.inode];
    auto& records = inode.logged ? taken_ : inode.records;
    records.push_back(change.record);
    return;
  }
  OfName& name = names_[change.name];
  auto& records = name.logged ? taken_ : name.records;
  records.push_back(change.record);
  const InodeNumber directory = change.name.first;
  bool logged = name.logged || inodes_[directory].logged;
  for (const InodeNumber number : {change.before, change.after}) {
    if (number == kNoInode) continue;
    OfInode& inode = inodes_[number];
    name.inodes.insert(number);
    inode.names.insert(change.name);
    directories_[number].insert(directory);
    (change.makes ? inode.made : inode.moved) = true;
    if (inode.above) open_above_.push_back(directory);
    // It may bring more than before.
    if (inode.logged) open_.push_back(number);
    logged = logged || inode.logged;
  }
  if (logged) {
    LogName(change.name);
    for (const InodeNumber number : {change.before, change.after}) {
      if (number != kNoInode) Log(number);
    }
  }
  Spread();
}

void SyncLog::Log(InodeNumber number) {
  OfInode& inode = inodes_[number];
  if (inode.logged) return;
  inode.logged = true;
  taken_.insert(taken_.end(), inode.records.begin(), inode.records.end());
  inode.records.clear();
  open_.push_back(number);
  for (auto name = names_.lower_bound({number, ""});
       name != names_.end() && name->first.first == number; ++name) {
    LogName(name->first);
  }
}

void SyncLog::LogName(const NameKey& key) {
  OfName& name = names_.at(key);
  if (name.logged) return;
  name.logged = true;
  taken_.insert(taken_.end(), name.records.begin(), name.records.end());
  name.records.clear();
  for (const InodeNumber inode : name.inodes) Log(inode);
}

void SyncLog::Spread() {
  while (!open_.empty() || !open_above_.empty()) {
    if (!open_above_.empty()) {
      const InodeNumber directory = open_above_.back();
      open_above_.pop_back();
      OfInode& facts = inodes_[directory];
      if (std::exchange(facts.above, true)) continue;
      if (facts.made) Log(directory);
      const auto& above = directories_[directory];
      open_above_.insert(open_above_.end(), above.begin(), above.end());
      continue;
    }
    const InodeNumber number = open_.back();
    open_.pop_back();
    const OfInode& inode = inodes_[number];
    for (const NameKey& name : inode.names) LogName(name);
    for (const InodeNumber directory : directories_[number]) {
      open_above_.push_back(directory);
      if (inode.moved) Log(directory);
    }
  }
}

}  // namespace powercut::simfs
