// StoreModel: what a crash may leave of a transactional store: a log of
// commits, of which a run from the first survives that holds every commit that
// is promised. What was put and deleted after the last commit is in none.
//
// Rows of the table: kCommit (`commit`, `commit sync`), kCommitLazy
// (`commit nosync`), kCheckpoint; their `records` cell and their device flush.

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

using StoreState = std::map<std::string, std::string>;

struct StoreViolation {
  // kLost: an older state than promised; kGhost: no commit left that state.
  ViolationKind kind = ViolationKind::kLost;
  // The newest commit that is not promised, else the last op; 0: none.
  uint32_t op = 0;
  // The newest promised commit, and who promised it.
  Promise promise;
  std::string admissible;
  std::string found;
};

// A value: copying it gives an independent one.
class StoreModel {
 public:
  // `failed_flush_keeps_dirty`: the profile's switch.
  explicit StoreModel(const PromiseTable& table,
                      bool failed_flush_keeps_dirty = false)
      : table_(table), keeps_dirty_(failed_flush_keeps_dirty) {}

  // put, delete, commit, checkpoint and syncfs; others mean nothing here.
  // Requires: op.number is set; begun ops end in any order, each once.
  void Begin(const Op& op, uint64_t now);
  // Returns whether that promised anything for power loss that was not promised
  // before. What a commit did that failed may be found or not, for ever.
  bool End(uint32_t op_number, bool ok, uint64_t now);
  // The sync behind `init`: every commit so far is promised.
  void EndInit();

  // Empty if it is admissible, else one violation.
  std::vector<StoreViolation> Check(const StoreState& seen,
                                    CrashKind kind) const;

  // Every admissible state once, the oldest first.
  std::vector<StoreState> Admissible(CrashKind kind) const;

  // What the store shows with no crash: every commit.
  const StoreState& Live() const { return commits_.back().state; }

 private:
  struct Commit {
    uint32_t op = 0;  // 0: the empty store
    StoreState state;
    bool returned = true;
    bool tainted = false;
  };
  struct Floor {
    uint32_t commit = 0;
    std::optional<uint32_t> flush_op;
  };
  struct Running {
    Primitive row = Primitive::kWrite;
    uint32_t covered = 0;  // the newest commit that it covers
  };

  PromiseTable table_;
  bool keeps_dirty_;
  StoreState open_;  // with what is not yet committed
  std::vector<Commit> commits_ = {Commit{}};
  std::array<Floor, kCrashKinds.size()> floors_{};
  std::map<uint32_t, Running> running_;
  uint32_t last_begun_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_MODEL_LOGS_STORE_MODEL_H_
