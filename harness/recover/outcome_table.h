// OutcomeTable: outcomes, each kept once.

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

// Ids count from 0 in the order of arrival.
class OutcomeTable {
 public:
  // The id of these bytes, if they are known.
  const OutcomeId* Find(const Hash128& hash) const;
  // Requires: `hash` is that of the outcome's bytes.
  OutcomeId Add(const Hash128& hash, RecoveryOutcome outcome);
  OutcomeId Add(RecoveryOutcome outcome);
  const RecoveryOutcome& operator[](OutcomeId id) const {
    return outcomes_[id];
  }
  const Hash128& hash(OutcomeId id) const { return hashes_[id]; }
  // By id; valid until the next Add().
  std::span<const Hash128> hashes() const { return hashes_; }
  size_t size() const { return outcomes_.size(); }
  // Errors: kMissing: an outcome says that a recovery could not be run.
  Status AllRun() const { return all_run_; }
  // Bytes that what was observed takes, about.
  uint64_t bytes() const { return bytes_; }

 private:
  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> ids_;
  std::vector<RecoveryOutcome> outcomes_;
  std::vector<Hash128> hashes_;
  uint64_t bytes_ = 0;
  Status all_run_ = Ok{};
  std::string scratch_;  // the bytes of an outcome
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_RECOVER_OUTCOME_TABLE_H_
