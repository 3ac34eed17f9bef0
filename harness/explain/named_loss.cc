// Runs the parts of what a state lost, in the order of SmallestLoss(), until
// one fails with the cause that the state itself has.

#include "harness/explain/named_loss.h"

#include <algorithm>
#include <optional>

#include "harness/judge/check_cause.h"

namespace powercut {
namespace {

bool IsOfCheck(const Finding& finding) {
  return finding.violation.kind == ViolationKind::kCheck;
}

}  // namespace

StateId IdLosingOnly(const LossSet& lost, const RecordedRun& run,
                     const ReplayedState& replayed) {
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, replayed.state.kind);
  cursor.MoveTo(replayed.state.point);
  const LossSet all = WithFollowers(lost, *run.losses, replayed.state, cursor);
  const CrashState only =
      StateLosingOnly(all, *run.losses, replayed.state, cursor);
  return {{CanonicalStep(only, cursor)}, run.trace().Digest()};
}

Result<LossSet> SmallestLossOf(const RecordedRun& run, const StateId& id,
                               const RunOptions& options,
                               const ReplayedState& replayed) {
  const auto failed = std::ranges::find_if(replayed.findings, IsOfCheck);
  if (failed == replayed.findings.end()) return LossSet();
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, replayed.state.kind);
  cursor.MoveTo(replayed.state.point);
  LossSet all = LossesOf(*run.losses, replayed.state, cursor);
  const LossSet recovery = LossOfRecovery();
  if (id.steps.size() > 1) all.insert(recovery.begin(), recovery.end());
  std::optional<PartsOfLoss> parts;
  if (PartsOfLoss::AreTried(*run.losses, replayed.state, cursor)) {
    parts.emplace(*run.losses, replayed.state, cursor);
  }
  const auto state_fails = [&](const CrashState& state) -> Result<bool> {
    const StateId at{{CanonicalStep(state, cursor)}, run.trace().Digest()};
    POWERCUT_ASSIGN(const ReplayedState other, Replay(run, at, options));
    return std::ranges::any_of(other.findings, [&](const Finding& finding) {
      return finding.violation.cause == failed->violation.cause;
    });
  };
  const auto fails = [&](const LossSet& part) -> Result<bool> {
    // A part may have another recovery, in which these crashes cannot happen.
    if (IsPartOf(recovery, part)) return false;
    return state_fails(parts->StateLosingOnly(part));
  };
  LossSet smallest = all;
  if (parts) {
    POWERCUT_ASSIGN(smallest, SmallestLoss(all, fails));
  }
  CrashState only =
      StateLosingOnly(smallest, *run.losses, replayed.state, cursor);
  for (size_t i = 0; parts && id.steps.size() == 1 && i < kKeptFirstMax; ++i) {
    const auto kept = StateKeepingFirst(*run.losses, only, cursor);
    if (!kept) break;
    POWERCUT_ASSIGN(const bool still, state_fails(*kept));
    if (!still) break;
    only = *kept;
  }
  LossSet named = OwnLossesOf(*run.losses, only, cursor);
  if (IsPartOf(recovery, smallest)) named.merge(LossSet(recovery));
  return named;
}

Status NameLossInCauses(const RecordedRun& run, const StateId& id,
                        const RunOptions& options, ReplayedState& replayed) {
  if (run.losses == nullptr) return Ok{};
  POWERCUT_ASSIGN(const LossSet smallest,
                  SmallestLossOf(run, id, options, replayed));
  for (Finding& finding : replayed.findings) {
    if (!IsOfCheck(finding)) continue;
    finding.violation.cause =
        CauseWithLoss(finding.violation.cause, LossInWords(smallest));
    finding.loss = smallest;
  }
  return Ok{};
}

}  // namespace powercut
