// For each profile:
//
// 1. The calls are recorded on simfs under the profile.
// 2. The user's loop runs on what each prefix of the attempts gives with no
//    crash at all. That gives the dumps that found() compares with, and a test
//    that fails there says nothing about crashes.
// 3. All crashes are explored, with the user's loop as the check.
// 4. The state shown of each cause runs once more, alone, so that all that the
//    loop says of it is known; what the state lost is told by calls.
// 5. If all of that held, and an audit is asked for, each sync is left out in
//    turn and step 3 is made again (loop_audit.cc).

#include "library/states/loop_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "harness/base/sanitizer.h"
#include "harness/space/crash_state.h"
#include "harness/space/state_id.h"
#include "harness/worker/worker_pool.h"
#include "library/states/lost_calls.h"
#include "library/states/said_result.h"

namespace powercut {
namespace {

WorkerOptions OptionsOfWorkers(ProfileRun& run, const ExploreOptions& explore) {
  WorkerOptions options = WorkerOptionsOf(run.run(), explore.run);
  options.jobs = std::min<uint32_t>(explore.jobs, 1);
  return options;
}

// Sanitizers have threads of their own, which do no harm.
bool HasOtherThreads() {
  if (kSanitized) return false;
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  return !error && std::distance(begin(threads), end(threads)) > 1;
}

}  // namespace

void LoopRunner::Run() {
  if (loop_.options_.jobs > 0 && HasOtherThreads()) {
    LoopPart part;
    part.verdict = LoopVerdict::kError;
    part.why =
        "this process has other threads, which forked workers would not have: "
        "run the states in this process (PC_IN_PROCESS)";
    return loop_.report_.Add(std::move(part));
  }
  if (loop_.options_.damage.reach != DamageRule::kNone &&
      loop_.options_.crash_kinds != std::vector{CrashKind::kPower}) {
    LoopPart part;
    part.verdict = LoopVerdict::kError;
    part.why =
        "a device damages what lies beside a write when it loses power: "
        "explore the crash kind power alone (PC_CRASH_POWER)";
    return loop_.report_.Add(std::move(part));
  }
  if (!loop_.options_.space.empty()) {
    auto space = ParseExplorationSpace(loop_.options_.space);
    if (!space) {
      LoopPart part;
      part.verdict = LoopVerdict::kError;
      part.why = space.error().message;
      return loop_.report_.Add(std::move(part));
    }
    space_ = *space;
  }
  if (!loop_.options_.at.empty()) return RunOneState();
  for (const std::string& profile : loop_.options_.profiles) {
    if (loop_.stopping_) return;
    RunProfile(profile);
  }
}

Result<std::unique_ptr<ProfileRun>> LoopRunner::RecordAs(
    const Calls& calls, const std::string& profile) {
  return ProfileRun::Record(
      calls, loop_.options_, profile,
      [this](CrashedVolume& volume) { return loop_.Look(volume); });
}

ExploreOptions LoopRunner::OptionsOfExploration() const {
  const LoopOptions& asked = loop_.options_;
  ExploreOptions options;
  options.space = space_;
  options.seed = asked.seed;
  options.jobs = asked.jobs;
  options.run.limits.wall_ms = asked.state_timeout_ms;
  options.run.limits.cpu_ms = asked.state_timeout_ms;
  options.bounds.max_runs = asked.runs_max;
  options.nested = asked.nested;
  options.runs_are_short = true;  // A run reads files in memory.
  if (asked.budget_ms > 0) options.bounds.budget_ms = asked.budget_ms;
  options.hooks.interrupted = [this] { return loop_.stopping_; };
  options.hooks.runs_are_over = [this] { return loop_.stopping_; };
  return options;
}

void LoopRunner::RunProfile(const std::string& profile) {
  LoopReport& report = loop_.report_;
  LoopPart part;
  part.profile = profile;
  const auto failed = [&](const Error& error) {
    part.verdict = LoopVerdict::kError;
    part.why = error.message;
    report.Add(part);
  };
  auto run = RecordAs(loop_.calls_, profile);
  if (!run) return failed(run.error());
  PrefixDumps dumps;
  if (!MakeDumps(**run, dumps, part, /*here=*/false)) return report.Add(part);
  loop_.dumps_ = &dumps;
  loop_.tell_ = StateLoop::kCause;
  // What was said under another profile is no news of this one.
  loop_.said_.clear();
  const RecordedRun recorded = (*run)->run();
  auto explored = powercut::Explore(recorded, OptionsOfExploration());
  if (!explored) {
    loop_.dumps_ = nullptr;
    return failed(explored.error());
  }
  if (loop_.stopping_) LeaveOutUnseen(*explored);
  part.crash_points = explored->crash_points;
  part.states = explored->states;
  part.runs = explored->runs;
  part.space_log2 = explored->space_log2;
  part.space = ExplorationSpaceText(explored->space);
  part.why = loop_.stopping_ ? std::string(kLoopWasLeft) : explored->bound;
  part.verdict = !explored->findings.empty() ? LoopVerdict::kViolation
                 : explored->exhausted && !loop_.stopping_
                     ? LoopVerdict::kHolds
                     : LoopVerdict::kUnknown;
  const bool holds = part.verdict == LoopVerdict::kHolds;
  report.Add(std::move(part));
  for (const Finding& finding : explored->findings) {
    report.findings.push_back(Described(**run, finding));
  }
  if (holds && loop_.options_.audit && !loop_.stopping_) Audit(**run, profile);
  loop_.dumps_ = nullptr;
}

void LoopRunner::RunStates(
    ProfileRun& run, const ExploreOptions& explore, std::vector<CrashState> all,
    const std::function<void(size_t, const RecoveryOutcome&)>& done) {
  const CrashSpace space(run.trace(), run.run().setting.atomic_bytes);
  const RecordedRun recorded = run.run();
  WorkerPool pool(recorded.backend, space, OptionsOfWorkers(run, explore));
  pool.set_done([&](const Batch&, std::vector<RunResult>& results) {
    for (size_t i = 0; i < results.size(); ++i) {
      done(i, pool.outcomes()[results[i].outcome]);
    }
  });
  pool.Submit(std::move(all));
  pool.Drain();
}

// Takes out the states that the user's code has not looked at.
void LoopRunner::LeaveOutUnseen(Exploration& explored) {
  std::erase_if(explored.findings, [&](const Finding& finding) {
    const bool unseen = finding.violation.found == kLoopWasLeft;
    if (unseen) explored.states -= std::min(explored.states, finding.count);
    return unseen;
  });
  explored.runs -= std::min(explored.runs, loop_.runs_after_stop_);
}

// --- prefixes ----------------------------------------------------------------

bool LoopRunner::MakeDumps(ProfileRun& run, PrefixDumps& dumps, LoopPart& part,
                           bool here) {
  // The state before each attempt, and the one at the end.
  std::vector<CrashState> states;
  const RecordedCalls& recorded = run.recorded();
  const EventNumber end = run.trace().event_count();
  const auto add = [&](EventNumber point) {
    CrashState state;
    state.point = point;
    states.push_back(state);
  };
  const Calls& calls = run.calls();
  for (size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].kind != Call::kAttempt) continue;
    dumps.attempts.push_back(calls[i].number);
    add(recorded.events_after[i]);
  }
  add(end);
  loop_.dumps_ = nullptr;
  loop_.tell_ = StateLoop::kDump;
  LoopFinding finding;
  size_t wrong_at = 0;
  bool dumped = false;
  const auto take = [&](size_t length, const RecoveryOutcome& outcome) {
    if (outcome.check == kLoopWasLeft) return;
    if (finding.cause.empty()) {
      finding.cause = WrongIn(outcome);
      const auto violations = ViolationsIn(outcome);
      if (!violations.empty()) Tell(violations, finding);
      wrong_at = length;
    }
    const std::optional<Hash128> dump = DumpIn(outcome.check);
    dumped |= dump.has_value();
    if (dump) dumps.lengths[*dump].push_back(length);
  };
  ExploreOptions options = OptionsOfExploration();
  if (here) options.jobs = 0;
  // The last state comes first: a loop that gives no dump there gives none.
  RunStates(run, options, {states.back()},
            [&](size_t, const RecoveryOutcome& outcome) {
              take(states.size() - 1, outcome);
            });
  if (finding.cause.empty() && dumped && states.size() > 1) {
    RunStates(run, options, {states.begin(), states.end() - 1}, take);
  }
  for (auto& [dump, lengths] : dumps.lengths) std::ranges::sort(lengths);
  const size_t attempts = dumps.attempts.size();
  if (finding.cause.empty() && attempts > 0 && dumps.lengths.size() == 1 &&
      dumps.lengths.begin()->second.size() == attempts + 1) {
    // Each state would do.
    part.verdict = LoopVerdict::kUnknown;
    part.why = fmt::format(
        "found() got the same dump before and after {}: it sees nothing of "
        "what {}",
        attempts == 1 ? "the attempt"
                      : fmt::format("all {} attempts", attempts),
        attempts == 1 ? "it did" : "they did");
    return false;
  }
  if (finding.cause.empty()) return true;
  part.verdict = LoopVerdict::kViolation;
  part.why = "the recovery fails with no crash at all";
  finding.profile = part.profile;
  finding.states = 1;
  CrashStep step;
  step.point = states[wrong_at].point;
  finding.id = StateIdText({{step}, run.trace().Digest()});
  finding.crash =
      wrong_at < dumps.attempts.size()
          ? fmt::format("no crash at all: what there is before attempt {}",
                        dumps.attempts[wrong_at])
          : "no crash at all: all calls returned, and all that they wrote "
            "persisted";
  loop_.report_.findings.push_back(std::move(finding));
  return false;
}

// --- findings ----------------------------------------------------------------

Result<ReplayedState> LoopRunner::RunAlone(ProfileRun& run, const StateId& id) {
  loop_.tell_ = StateLoop::kText;
  auto replayed = Replay(run.run(), id, OptionsOfExploration().run);
  loop_.tell_ = StateLoop::kCause;
  return replayed;
}

std::vector<SaidViolation> LoopRunner::WordsOf(ProfileRun& run,
                                               const Finding& finding,
                                               const StateId& id) {
  if (loop_.stopping_) {
    const auto said = loop_.said_.find(finding.violation.found);
    if (said == loop_.said_.end()) return {};
    return said->second;
  }
  const auto replayed = RunAlone(run, id);
  if (!replayed) return {};
  return ViolationsIn(replayed->outcome);
}

LoopFinding LoopRunner::Described(ProfileRun& run, const Finding& finding) {
  LoopFinding described;
  described.profile = loop_.report_.parts.back().profile;
  described.cause = finding.violation.cause;
  described.id = finding.id;
  described.states = finding.count;
  described.text = finding.violation.found;
  const RecordedRun recorded = run.run();
  const CrashSpace space(run.trace(), recorded.setting.atomic_bytes);
  auto id = ParseStateId(finding.id);
  if (!id) return described;
  PointCursor cursor(space, id->steps[0].kind);
  const auto state = ResolveStep(id->steps[0], cursor);
  if (!state) return described;
  described.crash = CrashText(run.issued(), *state, id->steps.size());
  described.lost = LostCalls(run.issued(), *state, cursor);
  described.sources = SourceCommands(NamedPlaces(run.issued(), *state, cursor));
  const auto violations = WordsOf(run, finding, *id);
  if (violations.empty()) return described;
  Tell(violations, described);
  if (loop_.stopping_) return described;
  if (id->steps.size() == 1) {
    described.remedy = RemedyFor(run, finding.violation.cause, *state);
  }
  return described;
}

}  // namespace powercut
