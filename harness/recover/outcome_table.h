// OutcomeTable keeps the different outcomes of an exploration, each once.

#ifndef POWERCUT_HARNESS_RECOVER_OUTCOME_TABLE_H_
#define POWERCUT_HARNESS_RECOVER_OUTCOME_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/disk/content_hash.h"
#include "harness/recover/recovery.h"

namespace powercut {

using OutcomeId = uint32_t;

// Ids count from 0 in the order of arrival. Not thread-safe.
class OutcomeTable {
 public:
  // The id of the outcome whose bytes have this hash; `nullptr` if it is not
  // known. Valid as long as this object.
  const OutcomeId* Find(const Hash128& hash) const;
  // The id of an outcome, which is added if it is not known.
  // Requires: `hash` is HashBytes() with seed 0 of the bytes that
  // EncodeOutcome() makes of `outcome`.
  OutcomeId Add(const Hash128& hash, RecoveryOutcome outcome);
  OutcomeId Add(RecoveryOutcome outcome);
  const RecoveryOutcome& operator[](OutcomeId id) const {
    return outcomes_[id];
  }
  // Whether both are the same result (SameResult()).
  bool Same(OutcomeId a, OutcomeId b) const;
  const Hash128& hash(OutcomeId id) const { return hashes_[id]; }
  // The hashes of all outcomes, by id. Valid until the next Add().
  std::span<const Hash128> hashes() const { return hashes_; }
  size_t size() const { return outcomes_.size(); }
  // Errors: kMissing if an outcome says that a recovery could not be run;
  // kInternal if one failed an internal check of powercut.
  Status AllRun() const { return all_run_; }
  // About how many bytes of memory the outcomes take.
  uint64_t bytes() const { return bytes_; }

 private:
  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> ids_;
  std::vector<RecoveryOutcome> outcomes_;
  std::vector<Hash128> hashes_;
  uint64_t bytes_ = 0;
  Status all_run_ = Ok{};
  // The bytes of one outcome, kept for their memory.
  std::string scratch_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_OUTCOME_TABLE_H_
