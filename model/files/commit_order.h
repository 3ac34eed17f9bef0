// CommitOrder: the order of metadata under metadata_committed.
//
// A chain without an object stands for the commits: its version i says that the
// first i changes of metadata were committed. It implies each of these changes,
// and each change implies the version that counts it. Only what the log of a
// sync may hold needs no commit: its second implication is lifted.
//
// Source: docs/semantics.md 2.4, O-LOGGED. This header is internal to the
// model.

#ifndef POWERCUT_MODEL_FILES_COMMIT_ORDER_H_
#define POWERCUT_MODEL_FILES_COMMIT_ORDER_H_

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "model/files/chain.h"
#include "model/files/logged_files.h"

namespace powercut {

class CommitOrder {
 public:
  // Adds the chain of the commits.
  explicit CommitOrder(Chains& chains);

  // An op changes a name.
  void ChangeName(const NameStep& step);
  // Adds a change of metadata that the op made. The name, or the file whose
  // size or times changed, says what must be in the log if the change is found
  // without a commit.
  void AddName(Chains& chains, ChainVersion change, uint32_t op, NameId name);
  void AddFile(Chains& chains, ChainVersion change, uint32_t op, FileId file);

  // A sync of one file or directory begins or is over.
  void BeginSync(uint32_t op, FileId file);
  void EndSync(uint32_t op) { running_.erase(op); }
  // Lifts what a sync that is under way may log. Returns the changes that were
  // not lifted before.
  std::set<ChainVersion> Lift(Chains& chains);

  // A sync of the volume has returned that covers what `committed` is true of,
  // a function of the number of an op.
  template <class Committed>
  void Commit(const Committed& committed) {
    logged_.Forget(committed);
    const auto forget = [&](auto& versions_of) {
      for (auto& [key, versions] : versions_of) {
        std::erase_if(versions, [&](uint32_t version) {
          return committed(entries_[version - 1].op);
        });
      }
      std::erase_if(versions_of,
                    [](const auto& entry) { return entry.second.empty(); });
    };
    forget(of_name_);
    forget(of_file_);
  }

  ChainId chain() const { return chain_; }
  // Whether `choice` is the least version of the chain of commits that goes
  // with the versions of the other chains, which `at` gives: it is the floor,
  // or its last change is there and needs it.
  template <class At>
  bool IsLeast(uint32_t choice, uint32_t floor, const At& at) const {
    if (choice <= floor) return true;
    const Entry& last = entries_[choice - 1];
    return !last.lifted && at(last.change.chain) >= last.change.version;
  }

 private:
  struct Entry {
    ChainVersion change;
    uint32_t op = 0;
    bool lifted = false;
  };

  void Add(Chains& chains, ChainVersion change, uint32_t op);

  ChainId chain_ = kNoChain;
  LoggedFiles logged_;
  // entries_[i - 1] is what version i of the chain counts last.
  std::vector<Entry> entries_;
  // The versions that are not lifted, by what must be in the log.
  std::map<NameId, std::vector<uint32_t>> of_name_;
  std::map<FileId, std::vector<uint32_t>> of_file_;
  // What is in the log and has such versions, perhaps.
  std::vector<NameId> new_names_;
  std::vector<FileId> new_files_;
  // The syncs of one file that are under way.
  std::set<uint32_t> running_;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_FILES_COMMIT_ORDER_H_
