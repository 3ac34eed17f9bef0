// Compares the outcomes of one recovery and of two, as values: outcomes that
// are equal have one id.

#include "harness/judge/stability.h"

#include "harness/fault/fault.h"

namespace powercut {

bool MustBeStable(const RecordedRun& run) {
  return run.backend.traits().recovery_idempotent &&
         FaultsIn(run.workload.faults, FaultPhase::kRecovery).empty();
}

std::optional<Violation> UnstableViolation(
    Judge& judge, OutcomeId once, OutcomeId twice, size_t history,
    CrashKind kind, const std::vector<Violation>& violations) {
  if (once == twice) return std::nullopt;
  const bool broken_before = !judge.Violations(once, history, kind).empty();
  if (!violations.empty() && !broken_before) return std::nullopt;
  return judge.VolumeViolation(ViolationKind::kUnstable, history, kind,
                               "another result than without the second crash");
}

}  // namespace powercut
