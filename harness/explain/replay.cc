#include "harness/explain/replay.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "harness/explore/nested_crashes.h"
#include "harness/judge/judge.h"
#include "harness/judge/obligations.h"

namespace powercut {
namespace {

// The state an id names, and its history.
struct Named {
  CrashState state;
  size_t history = 0;
};

Result<Named> Find(const Recording& recording, const StateId& id,
                   bool strictest, PointCursor& cursor) {
  if (id.digest != recording.trace.Digest()) {
    return Error{ErrorCode::kStale,
                 fmt::format("the id belongs to recording {:08x}, but this one "
                             "is {:08x}: the workload, the backend or powercut "
                             "changed since; run `powercut check` again",
                             id.digest, recording.trace.Digest())};
  }
  const CrashStep& step = id.steps[0];
  POWERCUT_ASSIGN(CrashState state, ResolveStep(step, cursor));
  for (const CrashPoint& crash_point : CrashPointsOf(recording, strictest)) {
    if (crash_point.after != step.point) continue;
    const size_t history = crash_point.history_base + step.marks;
    if (history < crash_point.history_min ||
        history > crash_point.history_max) {
      return Error{
          ErrorCode::kUsage,
          fmt::format("crash state {}: after {} events there are {} "
                      "to {} marks",
                      CrashStepText(step), step.point,
                      crash_point.history_min - crash_point.history_base,
                      crash_point.history_max - crash_point.history_base)};
    }
    return Named{std::move(state), history};
  }
  return Error{ErrorCode::kUsage,
               fmt::format("crash state {}: the point lies in `init`, where "
                           "nothing crashes",
                           CrashStepText(step))};
}

}  // namespace

Result<ReplayedState> Replay(Backend& backend, const Workload& workload,
                             const RunSetting& setting,
                             const Recording& recording, const StateId& id,
                             const ExploreOptions& options) {
  const CrashSpace space(recording.trace, setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  POWERCUT_ASSIGN(const Named named,
                  Find(recording, id, setting.judged_by_itself, cursor));
  const WorkerPool::Options options_of_pool =
      WorkerOptionsOf(workload, setting, options);
  WorkerPool pool(backend, space, options_of_pool);
  const std::span<const CrashStep> inner = std::span(id.steps).subspan(1);
  POWERCUT_ASSIGN(const ChainResult chain, RunChain(backend, space, named.state,
                                                    inner, options_of_pool));
  const OutcomeId outcome = pool.AddOutcome(chain.outcome);
  POWERCUT_TRY(pool.outcomes().AllRun());
  Judge judge(workload, setting, recording, pool.outcomes());
  ReplayedState replayed;
  replayed.outcome = chain.outcome;
  replayed.state = named.state;
  replayed.history = named.history;
  std::vector<Violation> violations =
      judge.Violations(outcome, named.history, named.state.kind);
  const auto add = [&](ViolationKind kind, const std::string& found) {
    violations.push_back(
        judge.VolumeViolation(kind, named.history, named.state.kind, found));
  };
  if (chain.unsteady) {
    add(ViolationKind::kNondeterministic,
        "run twice in one process: two results");
  }
  if (!inner.empty() && MustBeStable(backend, workload)) {
    const OutcomeId once = pool.RunAlone(named.state).outcome;
    POWERCUT_TRY(pool.outcomes().AllRun());
    const bool broken =
        !violations.empty() &&
        judge.Violations(once, named.history, named.state.kind).empty();
    if (once != outcome && !broken) {
      add(ViolationKind::kUnstable, kUnstableFound);
    }
  }
  for (const UnmetObligation& unmet :
       FindUnmetObligations(workload, *setting.profile, recording, space,
                            backend.traits().sync_covers_disk)) {
    if (unmet.point == named.state.point && unmet.marks == named.state.marks) {
      violations.push_back(unmet.violation);
    }
  }
  std::set<std::string> told;
  for (const Violation& violation : violations) {
    if (!told.insert(violation.cause).second) {
      ++replayed.repeated;
      continue;
    }
    replayed.findings.push_back(
        DescribeFinding({workload, recording.trace, recording.history},
                        violation, named.state, cursor));
    AddRecoveryFaults(workload, chain.outcome, replayed.findings.back());
    AddInnerCrashes(inner, chain.lost, replayed.findings.back());
  }
  return replayed;
}

Status CheckHoldsAtTheEnd(Backend& backend, const RunSetting& setting,
                          const Recording& recording,
                          const ExploreOptions& options) {
  const CrashSpace space(recording.trace, setting.atomic_bytes);
  WorkerOptions worker = WorkerOptionsOf(Workload(), setting, options);
  // What that says is the storage's matter.
  worker.recovery.fsck = false;
  WorkerPool pool(backend, space, worker);
  const CrashState end = {recording.trace.event_count(),
                          0,
                          CrashKind::kPower,
                          CrashState::kNewest,
                          {}};
  const RecoveryOutcome& outcome = pool.outcomes()[pool.RunAlone(end).outcome];
  POWERCUT_TRY(pool.outcomes().AllRun());
  const bool hung = outcome.kind == RecoveryOutcome::kHung;
  const std::string& said = hung ? outcome.detail : outcome.observation.check;
  if (said.empty()) return Ok{};
  // A shell's words for a command that it cannot find or start.
  const bool not_started = said.starts_with("exit status 126") ||
                           said.starts_with("exit status 127");
  return Error{ErrorCode::kUsage,
               fmt::format("the check fails with no crash at all, on what the "
                           "program left: {}{}",
                           said,
                           not_started ? "; it runs in the volume, so that "
                                         "names outside must be absolute"
                                       : "")};
}

Result<SparseImage> ImageOf(Backend& backend, const Workload& workload,
                            const RunSetting& setting,
                            const Recording& recording, const StateId& id,
                            const ExploreOptions& options) {
  const CrashSpace space(recording.trace, setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  POWERCUT_ASSIGN(const Named named,
                  Find(recording, id, setting.judged_by_itself, cursor));
  return ImageOfChain(backend, space, named.state,
                      std::span(id.steps).subspan(1),
                      WorkerOptionsOf(workload, setting, options));
}

}  // namespace powercut
