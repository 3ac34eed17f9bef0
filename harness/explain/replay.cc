// A state is found by its id in the crash space of the recording, run alone in
// a fresh worker, and judged like a state that an exploration visits.
//
// The digest of the id says whether it belongs to this recording; the point and
// the marks say how much of the history had happened; the items say which
// blocks hold what. Crashes during recovery follow one after the other, each in
// the trace of the recovery before it (harness/worker/state_chain.h).

#include "harness/explain/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "harness/judge/check_cause.h"
#include "harness/judge/crash_points.h"
#include "harness/judge/judge.h"
#include "harness/judge/obligations.h"
#include "harness/judge/stability.h"
#include "harness/recover/check_result.h"
#include "harness/worker/state_chain.h"

namespace powercut {
namespace {

// The state that an id names, and the length of its history.
struct Named {
  CrashState state;
  size_t history = 0;
};

// Refuses a kind of crash that the storage cannot show. Its trace holds nothing
// of what a dying process leaves in the memory of a kernel, for example.
Status CheckKinds(const RecordedRun& run, const StateId& id) {
  const BackendTraits& traits = run.backend.traits();
  for (const CrashStep& step : id.steps) {
    if (std::ranges::count(traits.crash_kinds, step.kind) > 0) continue;
    return Error{ErrorCode::kUnsupported,
                 fmt::format("crash state {}: {} cannot show a {} crash",
                             CrashStepText(step), traits.name,
                             CrashKindName(step.kind))};
  }
  return Ok{};
}

Result<Named> Find(const RecordedRun& run, const StateId& id,
                   PointCursor& cursor) {
  POWERCUT_TRY(CheckKinds(run, id));
  const Recording& recording = run.recording;
  if (id.digest != recording.trace.Digest()) {
    return Error{ErrorCode::kStale,
                 fmt::format("the id belongs to recording {:08x}, but this one "
                             "is {:08x}: the workload, the backend, --profile "
                             "or powercut is another one than it was; the "
                             "replay line has the flags, and exploring again "
                             "gives new ids",
                             id.digest, recording.trace.Digest())};
  }
  // Only the first step is a state of the recording. The others are states of
  // the recoveries before them, which RunChain() finds as it runs them.
  const CrashStep& step = id.steps[0];
  POWERCUT_ASSIGN(CrashState state, ResolveStep(step, cursor));
  for (const CrashPoint& crash_point :
       CrashPointsOf(recording, CheckOf(run.setting.oracle) != nullptr)) {
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
  return Error{
      ErrorCode::kUsage,
      fmt::format("crash state {}: the point lies {}, where nothing crashes",
                  CrashStepText(step),
                  CheckOf(run.setting.oracle) != nullptr
                      ? "before the mark at which crashes begin"
                      : "in `init`")};
}

// Judges a state whose recovery came to two results. If only the last line of
// the user's check varies, the check fails each time, and its cause leaves out
// the line, as that of an exploration does. Requires: `chain` is unsteady.
void JudgeBothRuns(const ChainResult& chain, const Named& named, Judge& judge,
                   std::vector<Violation>& violations) {
  const TwoOutcomes& two = *chain.unsteady;
  if (SameButForTheLine(two.first, two.second)) {
    // A recovery that another crash interrupted may say what it likes.
    if (!(two.first == chain.outcome)) return;
    for (Violation& violation : violations) {
      if (violation.kind != ViolationKind::kCheck) continue;
      violation.cause = CheckCauseOfVaryingLine(
          CauseWithoutCheck(violation.cause), chain.outcome.check);
      violation.found += "; run again: " + two.second.check;
    }
    return;
  }
  violations.push_back(judge.VolumeViolation(
      ViolationKind::kNondeterministic, named.history, named.state.kind,
      DifferenceInWords(two.first, two.second, "in one process",
                        "then again")));
}

}  // namespace

Result<ReplayedState> Replay(const RecordedRun& run, const StateId& id,
                             const RunOptions& options) {
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  POWERCUT_ASSIGN(const Named named, Find(run, id, cursor));
  const WorkerPool::Options options_of_pool = WorkerOptionsOf(run, options);
  WorkerPool pool(run.backend, space, options_of_pool);
  const std::span<const CrashStep> inner = std::span(id.steps).subspan(1);
  POWERCUT_ASSIGN(
      const ChainResult chain,
      RunChain(run.backend, space, named.state, inner, options_of_pool));
  const OutcomeId outcome = pool.AddOutcome(chain.outcome);
  POWERCUT_TRY(pool.outcomes().AllRun());
  Judge judge(run, pool.outcomes());
  ReplayedState replayed;
  replayed.outcome = chain.outcome;
  replayed.state = named.state;
  replayed.history = named.history;
  std::vector<Violation> violations =
      judge.Violations(outcome, named.history, named.state.kind);
  if (chain.unsteady) {
    JudgeBothRuns(chain, named, judge, violations);
  }
  if (!inner.empty() && MustBeStable(run)) {
    // The rule of `unstable` compares with one recovery that is not
    // interrupted.
    const OutcomeId once = pool.RunAlone(named.state).outcome;
    POWERCUT_TRY(pool.outcomes().AllRun());
    auto unstable = UnstableViolation(judge, once, outcome, named.history,
                                      named.state.kind, violations);
    if (unstable) violations.push_back(std::move(*unstable));
  }
  // An unmet obligation belongs to the moment just after its op returned, so
  // that only the id of that moment shows it.
  for (const UnmetObligation& unmet : FindUnmetObligations(run, space)) {
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
        DescribeFinding(run, violation, named.state, cursor));
    AddRecoveryFaults(run.workload, chain.outcome, replayed.findings.back());
    AddInnerCrashes(inner, chain.lost, replayed.findings.back());
  }
  return replayed;
}

Result<RecoveryOutcome> RecoverAtTheEnd(const RecordedRun& run,
                                        const RunOptions& options) {
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  WorkerOptions worker = WorkerOptionsOf(run, options);
  worker.recovery.paths.clear();
  worker.recovery.faults.clear();
  worker.recovery.probe = false;
  if (worker.recovery.check) worker.recovery.check->fsck = false;
  WorkerPool pool(run.backend, space, worker);
  const CrashState end = {
      run.trace().event_count(), 0, CrashKind::kPower, CrashState::kNewest, {}};
  const RecoveryOutcome outcome = pool.outcomes()[pool.RunAlone(end).outcome];
  POWERCUT_TRY(pool.outcomes().AllRun());
  return outcome;
}

Status CheckHeld(const RecoveryOutcome& outcome) {
  const bool hung = outcome.kind == RecoveryOutcome::kHung;
  const std::string& said = hung ? outcome.detail : outcome.check;
  if (said.empty()) return Ok{};
  // A shell ends with these statuses if it cannot start or find the command.
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

Result<SparseImage> ImageOf(const RecordedRun& run, const StateId& id,
                            const RunOptions& options) {
  const CrashSpace space(run.trace(), run.setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  POWERCUT_ASSIGN(const Named named, Find(run, id, cursor));
  return ImageOfChain(run.backend, space, named.state,
                      std::span(id.steps).subspan(1),
                      WorkerOptionsOf(run, options));
}

}  // namespace powercut
