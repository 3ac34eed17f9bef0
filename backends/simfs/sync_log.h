// SyncLog: what the log of a sync may hold, under a profile with
// metadata_commits. The records of such changes can count without a commit.
//
// Source: docs/semantics.md 2.4, O-LOGGED.

#ifndef POWERCUT_BACKENDS_SIMFS_SYNC_LOG_H_
#define POWERCUT_BACKENDS_SIMFS_SYNC_LOG_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/record.h"

namespace powercut::simfs {

class SyncLog {
 public:
  using NameKey = std::pair<InodeNumber, std::string>;
  // An op, as an index into LiveState::op_runs.
  using OpRunId = uint32_t;

  // A change of a name, or of a size or times that an op set, by its record.
  struct Change {
    OpRunId op_run = 0;
    RecordNumber record = 0;
    // The file or directory whose size or times changed; kNoInode for a name.
    InodeNumber inode = kNoInode;
    NameKey name;
    InodeNumber before = kNoInode;
    InodeNumber after = kNoInode;
    // Whether the op made the file that the name leads to.
    bool makes = false;
    // The sync of the volume that was called after the op had returned; 0 if
    // none was.
    uint32_t covered_by = 0;
  };

  // The mount found a file under this name.
  void Find(const NameKey& name, InodeNumber inode) {
    directories_[inode].insert(name.first);
  }
  void Add(Change change);

  // A sync of one file or directory begins, or is over.
  void BeginSync(OpRunId op_run, InodeNumber inode);
  void EndSync(OpRunId op_run) { running_.erase(op_run); }
  bool IsRunning() const { return !running_.empty(); }
  // Returns the records of the changes that came into the log, or that were
  // made to what is in it, since the last call. A record can be there again.
  std::vector<RecordNumber> TakeRecords();

  // A sync of the volume is called. Returns its number.
  template <class HasReturned>
  uint32_t CallVolumeSync(const HasReturned& has_returned) {
    const uint32_t number = ++volume_syncs_;
    const auto cover = [&](auto& entry) {
      if (entry.covered_by == 0 && has_returned(entry.op_run)) {
        entry.covered_by = number;
      }
    };
    for (Change& change : changes_) cover(change);
    for (Synced& synced : syncs_) cover(synced);
    return number;
  }
  // The sync of the volume with this number has succeeded: what had returned
  // before it is in a commit, and no longer in the log.
  void Commit(uint32_t number);

 private:
  struct Synced {
    OpRunId op_run = 0;
    InodeNumber inode = kNoInode;
    uint32_t covered_by = 0;
  };
  struct OfName {
    bool logged = false;
    std::set<InodeNumber> inodes;
    std::vector<RecordNumber> records;
  };
  struct OfInode {
    bool logged = false;
    // Whether it is a directory above something that is logged.
    bool above = false;
    bool made = false;
    // Whether a name of it changed otherwise than by its making.
    bool moved = false;
    std::set<NameKey> names;
    std::vector<RecordNumber> records;
  };

  void Note(const Change& change);
  void Log(InodeNumber inode);
  void LogName(const NameKey& name);
  void Spread();

  std::vector<Change> changes_;
  std::vector<Synced> syncs_;
  std::set<OpRunId> running_;
  uint32_t volume_syncs_ = 0;
  // By file or directory: the directories in which it has or had a name.
  std::map<InodeNumber, std::set<InodeNumber>> directories_;
  std::map<NameKey, OfName> names_;
  std::map<InodeNumber, OfInode> inodes_;
  // What is logged and has not spread yet; directories above that have not.
  std::vector<InodeNumber> open_;
  std::vector<InodeNumber> open_above_;
  std::vector<RecordNumber> taken_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_SYNC_LOG_H_
