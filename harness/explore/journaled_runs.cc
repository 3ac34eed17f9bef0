// Runs are kept by the key of their state, in the form in which workers send
// them.

#include "harness/explore/journaled_runs.h"

#include <utility>

#include "harness/base/check.h"
#include "harness/explore/state_key.h"
#include "harness/recover/outcome_codec.h"

namespace powercut {

std::optional<RunResult> JournaledRuns::Find(const CrashState& state) {
  if (journal_ == nullptr) return std::nullopt;
  const JournaledRun* run = journal_->Find(StateKey(state, 0));
  if (run == nullptr) return std::nullopt;
  auto outcome = DecodeOutcome(run->outcome);
  auto access = DecodeRunAccess(
      run->access, {space_.trace().geometry(), space_.block_bytes()});
  // The journal checked the hash and the context of these bytes.
  POWERCUT_CHECK(outcome && access);
  RunResult result;
  result.outcome = pool_.AddOutcome(std::move(*outcome));
  result.reads = std::move(access->reads);
  result.writes = std::move(access->writes);
  return result;
}

void JournaledRuns::Add(const CrashState& state, const RunResult& result) {
  if (journal_ == nullptr || !error_.empty()) return;
  const RecoveryOutcome& outcome = pool_.outcomes()[result.outcome];
  // A death or a hang may have a reason outside the disk, so that it is not
  // kept and is run again.
  if (outcome.kind != RecoveryOutcome::kObserved) return;
  JournaledRun run;
  run.outcome = EncodeOutcome(outcome);
  EncodeRunAccess({result.reads, result.writes}, run.access);
  auto kept = journal_->Append(StateKey(state, 0), std::move(run));
  if (!kept) error_ = kept.error().message;
}

}  // namespace powercut
