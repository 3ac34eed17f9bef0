// Keeps outcomes by the 128-bit hash of their encoded bytes. Equal hashes count
// as equal outcomes, so that adding one compares no contents.

#include "harness/recover/outcome_table.h"

#include <string>
#include <utility>

#include "harness/recover/check_result.h"
#include "harness/recover/outcome_codec.h"

namespace powercut {

const OutcomeId* OutcomeTable::Find(const Hash128& hash) const {
  const auto found = ids_.find(hash);
  return found == ids_.end() ? nullptr : &found->second;
}

OutcomeId OutcomeTable::Add(const Hash128& hash, RecoveryOutcome outcome) {
  const auto [entry, added] =
      ids_.emplace(hash, static_cast<OutcomeId>(outcomes_.size()));
  if (added) {
    if (outcome.kind == RecoveryOutcome::kNotRun) {
      all_run_ = Error{ErrorCode::kMissing, outcome.detail};
    }
    if (outcome.kind == RecoveryOutcome::kOwnBug) {
      all_run_ = Error{ErrorCode::kInternal, "a recovery " + outcome.detail};
    }
    // An estimate for the bound on memory; contents are nearly all of it.
    bytes_ += sizeof(outcome);
    for (const ObservedEntry& seen : outcome.observation.entries) {
      bytes_ += sizeof(seen) + seen.path.size() + seen.content.size();
    }
    for (const ObservedLog& log : outcome.observation.logs) {
      for (const ObservedRecord& record : log.records) {
        bytes_ += sizeof(record) + record.content.size();
      }
    }
    outcomes_.push_back(std::move(outcome));
    hashes_.push_back(hash);
  }
  return entry->second;
}

bool OutcomeTable::Same(OutcomeId a, OutcomeId b) const {
  return a == b || SameResult(outcomes_[a], outcomes_[b]);
}

OutcomeId OutcomeTable::Add(RecoveryOutcome outcome) {
  EncodeOutcome(outcome, scratch_);
  return Add(HashBytes(AsBytes(scratch_), 0), std::move(outcome));
}

}  // namespace powercut
