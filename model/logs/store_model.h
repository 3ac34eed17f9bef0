// StoreModel: what a crash may leave of a transactional store. A store is a log
// of commits: a crash leaves the state after one of them, which is not older
// than the newest promised commit. Changes that are not committed are in no
// state.
//
// Rows of the table: kCommit (`commit`, `commit sync`), kCommitLazy (`commit
// nosync`), kCheckpoint and kSyncfs, with their cell `records` and their device
// flush.
//
// Example: `put a 1`, `commit nosync`, `put a 2`, `commit sync`. When all have
// returned, a crash leaves a=2 only. If the second commit is `nosync`, too, a
// crash leaves the empty store, a=1 or a=2.
//
// Source: docs/semantics.md 1.7 and 2.4 (O-COMMIT).

#ifndef POWERCUT_MODEL_LOGS_STORE_MODEL_H_
#define POWERCUT_MODEL_LOGS_STORE_MODEL_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/crash_kind.h"
#include "model/table/primitives.h"
#include "model/words/op.h"
#include "model/words/violation.h"

namespace powercut {

// All keys with their values.
using StoreState = std::map<std::string, std::string>;

// What is wrong with an observed store.
struct StoreViolation {
  // kLost if the state is older than what is promised, kGhost if no commit left
  // that state.
  ViolationKind kind = ViolationKind::kLost;
  // The newest commit if it is not promised, else the last op that began; 0 if
  // there is none.
  uint32_t op = 0;
  // The newest promised commit, and the op that promised it.
  Promise promise;
  // What would have been right, and what was there, in words.
  std::string admissible;
  std::string found;
};

// The model of one store. It is a value: copying it gives an independent one.
class StoreModel {
 public:
  // The model judges by `table`, which it copies. `failed_flush_keeps_dirty` is
  // the profile's switch of that name.
  explicit StoreModel(const PromiseTable& table,
                      bool failed_flush_keeps_dirty = false)
      : table_(table), keeps_dirty_(failed_flush_keeps_dirty) {}

  // Notes that the op was called. Only put, delete, commit, checkpoint and
  // syncfs have effects; other ops are accepted. `now` is not used.
  // Requires: op.number is set, and no op with this number has begun before.
  void Begin(const Op& op, uint64_t now);
  // Notes that the op returned, with success if `ok`. Returns whether this
  // promised anything for power loss that was not promised before. The state
  // after a commit that failed may be found or not, for ever. Ops may end in
  // any order.
  // Requires: the op began and has not returned yet.
  bool End(uint32_t op_number, bool ok, uint64_t now);
  // The sync at the end of `init`: the newest commit is promised, and with it
  // all before it. Commits that failed, or that a failed flush was to carry
  // (ERR-UNKNOWN), are passed over.
  void EndInit();

  // Judges the keys that were found after a crash. Returns nothing if they are
  // admissible, else one violation.
  // Cost: O(commits times keys); for a violation O(commits squared times keys).
  std::vector<StoreViolation> Check(const StoreState& seen,
                                    CrashKind kind) const;

  // Returns every admissible state once, the oldest first.
  std::vector<StoreState> Admissible(CrashKind kind) const;

  // Returns what the store shows if nothing crashes: the state after the last
  // commit.
  const StoreState& Live() const { return commits_.back().state; }

 private:
  struct Commit {
    // 0 for the empty store, with which the model begins.
    uint32_t op = 0;
    // All keys after this commit.
    StoreState state;
    // Whether the commit returned with success, or with an error.
    bool returned = false;
    bool failed = false;
    // Whether a flush that should have covered the commit failed.
    bool tainted = false;
  };
  // The oldest commit whose state a crash may leave, and the op that promised
  // it.
  struct Floor {
    uint32_t commit = 0;
    std::optional<uint32_t> flush_op;
  };
  // An op that has not returned yet.
  struct Running {
    Primitive row = Primitive::kWrite;
    // The newest commit that it covers.
    uint32_t covered = 0;
  };

  PromiseTable table_;
  bool keeps_dirty_;
  // All keys with the changes that are not committed yet.
  StoreState open_;
  // Every commit that began, in order.
  std::vector<Commit> commits_ = {{0, {}, true}};
  std::array<Floor, kCrashKinds.size()> floors_{};
  std::map<uint32_t, Running> running_;
  uint32_t last_begun_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_LOGS_STORE_MODEL_H_
