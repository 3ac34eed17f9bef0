// Tests SyncLog against a closure that is computed anew for each question, from
// a list of all changes and syncs since the last commit. What comes into the
// log, and what leaves it with a commit, must be the same after each step.

#include "backends/simfs/sync_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "harness/base/prng.h"

namespace powercut::simfs {
namespace {

using NameKey = SyncLog::NameKey;

// The log as a list of what happened.
class NaiveLog {
 public:
  void Find(const NameKey& name, InodeNumber inode) {
    directories_[inode].insert(name.first);
  }
  void Add(const SyncLog::Change& change) {
    changes_.push_back({change, false});
    if (change.inode != kNoInode) return;
    for (const InodeNumber inode : {change.before, change.after}) {
      if (inode != kNoInode) directories_[inode].insert(change.name.first);
    }
  }
  void BeginSync(SyncLog::OpRunId op_run, InodeNumber inode) {
    syncs_.push_back({op_run, inode, 0});
  }
  void CallVolumeSync(uint32_t number,
                      const std::set<SyncLog::OpRunId>& returned) {
    for (Noted& noted : changes_) {
      Cover(noted.change.covered_by, noted.change.op_run, number, returned);
    }
    for (Sync& sync : syncs_) {
      Cover(sync.covered_by, sync.op_run, number, returned);
    }
  }
  void Commit(uint32_t number) {
    const auto committed = [&](uint32_t by) { return by != 0 && by <= number; };
    std::erase_if(changes_, [&](const Noted& noted) {
      return committed(noted.change.covered_by);
    });
    std::erase_if(syncs_,
                  [&](const Sync& sync) { return committed(sync.covered_by); });
    for (Noted& noted : changes_) noted.taken = false;
  }
  std::vector<RecordNumber> TakeRecords() {
    Close();
    std::set<RecordNumber> records;
    for (Noted& noted : changes_) {
      const SyncLog::Change& change = noted.change;
      const bool logged = change.inode != kNoInode
                              ? inodes_.contains(change.inode)
                              : names_.contains(change.name);
      if (logged && !noted.taken) records.insert(change.record);
      noted.taken = noted.taken || logged;
    }
    return {records.begin(), records.end()};
  }

 private:
  struct Noted {
    SyncLog::Change change;
    bool taken = false;
  };
  struct Sync {
    SyncLog::OpRunId op_run = 0;
    InodeNumber inode = kNoInode;
    uint32_t covered_by = 0;
  };

  static void Cover(uint32_t& covered_by, SyncLog::OpRunId op_run,
                    uint32_t number,
                    const std::set<SyncLog::OpRunId>& returned) {
    if (covered_by == 0 && returned.contains(op_run)) covered_by = number;
  }

  // Applies every rule until none adds anything.
  void Close() {
    names_.clear();
    inodes_.clear();
    above_.clear();
    for (const Sync& sync : syncs_) inodes_.insert(sync.inode);
    for (size_t before = ~size_t{0}; before != Size();) {
      before = Size();
      for (const Noted& noted : changes_) {
        if (noted.change.inode == kNoInode) CloseOver(noted.change);
      }
      for (const InodeNumber inode : std::set(inodes_)) LookAbove(inode);
      for (const InodeNumber inode : std::set(above_)) LookAbove(inode);
    }
  }
  void CloseOver(const SyncLog::Change& change) {
    bool logged =
        names_.contains(change.name) || inodes_.contains(change.name.first);
    for (const InodeNumber inode : {change.before, change.after}) {
      if (inode == kNoInode) continue;
      logged = logged || inodes_.contains(inode);
      if (change.makes) {
        if (above_.contains(inode)) inodes_.insert(inode);
      } else if (inodes_.contains(inode)) {
        inodes_.insert(directories_[inode].begin(), directories_[inode].end());
      }
    }
    if (!logged) return;
    names_.insert(change.name);
    for (const InodeNumber inode : {change.before, change.after}) {
      if (inode != kNoInode) inodes_.insert(inode);
    }
  }
  void LookAbove(InodeNumber inode) {
    above_.insert(directories_[inode].begin(), directories_[inode].end());
  }
  size_t Size() const { return names_.size() + inodes_.size() + above_.size(); }

  std::vector<Noted> changes_;
  std::vector<Sync> syncs_;
  std::map<InodeNumber, std::set<InodeNumber>> directories_;
  std::set<NameKey> names_;
  std::set<InodeNumber> inodes_;
  std::set<InodeNumber> above_;
};

// Draws what a volume with a few directories and files does. Each op changes
// one thing, and returns at some later time.
class Scene {
 public:
  explicit Scene(uint64_t seed) : prng_(seed) {
    for (InodeNumber inode = 2; inode <= 4; ++inode) {
      const NameKey name = SomeName();
      Both([&](auto& log) { log.Find(name, inode); });
      leads_to_[name] = inode;
    }
  }

  void Step() {
    switch (prng_.Below(8)) {
      case 0:
        return Sync();
      case 1:
        return CallVolumeSync();
      case 2:
        return Commit();
      case 3:
        return SetTimes();
      default:
        return ChangeName();
    }
  }
  void ExpectSame() {
    const auto records = log_.TakeRecords();
    EXPECT_EQ(records, naive_.TakeRecords());
    taken += records.size();
  }

  uint64_t taken = 0;
  uint64_t commits = 0;

 private:
  template <class Do>
  void Both(const Do& act) {
    act(log_);
    act(naive_);
  }

  // Directories have the numbers 1 to 4.
  NameKey SomeName() {
    return {1 + prng_.Below(4), std::string(1, "ab"[prng_.Below(2)])};
  }
  InodeNumber SomeInode() { return 1 + prng_.Below(newest_inode_); }

  SyncLog::OpRunId Begin() {
    ++op_run_;
    for (SyncLog::OpRunId op = 1; op <= op_run_; ++op) {
      if (prng_.OneIn(2)) returned_.insert(op);
    }
    return op_run_;
  }

  void ChangeName() {
    SyncLog::Change change;
    change.op_run = Begin();
    change.record = ++record_;
    change.name = SomeName();
    const auto before = leads_to_.find(change.name);
    if (before != leads_to_.end()) change.before = before->second;
    change.makes = change.before == kNoInode && prng_.OneIn(2);
    if (change.makes) {
      change.after = ++newest_inode_;
    } else if (!prng_.OneIn(3)) {
      change.after = 2 + prng_.Below(newest_inode_ - 1);
    }
    leads_to_[change.name] = change.after;
    Both([&](auto& log) { log.Add(change); });
  }
  void SetTimes() {
    SyncLog::Change change;
    change.op_run = Begin();
    change.record = ++record_;
    change.inode = SomeInode();
    Both([&](auto& log) { log.Add(change); });
  }
  void Sync() {
    const SyncLog::OpRunId op_run = Begin();
    const InodeNumber inode = SomeInode();
    Both([&](auto& log) { log.BeginSync(op_run, inode); });
    EXPECT_TRUE(log_.IsRunning());
    log_.EndSync(op_run);
    EXPECT_FALSE(log_.IsRunning());
  }
  void CallVolumeSync() {
    called_ = log_.CallVolumeSync(
        [&](SyncLog::OpRunId op_run) { return returned_.contains(op_run); });
    naive_.CallVolumeSync(called_, returned_);
  }
  // Several syncs may be under way, and any of them may be the first to end.
  void Commit() {
    if (called_ == 0) return;
    const uint32_t number = called_ - static_cast<uint32_t>(prng_.Below(2));
    Both([&](auto& log) { log.Commit(number); });
    ++commits;
  }

  Prng prng_;
  SyncLog log_;
  NaiveLog naive_;
  std::map<NameKey, InodeNumber> leads_to_;
  std::set<SyncLog::OpRunId> returned_;
  SyncLog::OpRunId op_run_ = 0;
  RecordNumber record_ = 0;
  InodeNumber newest_inode_ = 4;
  uint32_t called_ = 0;
};

TEST(SyncLogTest, TheLogHoldsWhatTheRulesSay) {
  uint64_t taken = 0;
  uint64_t commits = 0;
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(seed);
    Scene scene(seed);
    // Some scenes ask after each step, and some ask seldom.
    const uint64_t rarity = 1 + seed % 3;
    for (int step = 0; step < 30; ++step) {
      scene.Step();
      if (step % rarity == 0) scene.ExpectSame();
    }
    taken += scene.taken;
    commits += scene.commits;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(taken, 5000u);
  EXPECT_GT(commits, 1000u);
}

}  // namespace
}  // namespace powercut::simfs
