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
#include <charconv>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "harness/base/sanitizer.h"
#include "harness/explain/replay.h"
#include "harness/recover/check_result.h"
#include "harness/space/crash_state.h"
#include "harness/worker/worker_pool.h"
#include "library/states/lost_calls.h"

namespace powercut {
namespace {

// How long the search for a remedy may explore for one candidate.
constexpr uint64_t kRemedyBudgetMs = 2'000;
constexpr size_t kRemediesTried = 6;

WorkerOptions OptionsOfWorkers(ProfileRun& run, const ExploreOptions& explore) {
  WorkerOptions options = WorkerOptionsOf(run.run(), explore.run);
  options.jobs = std::min<uint32_t>(explore.jobs, 1);
  return options;
}

// Runs states in order, in one worker, and calls `done` with each outcome.
void RunStates(
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

// The text after `exit status N: `, up to the first line break.
std::string CauseIn(const RecoveryOutcome& outcome) {
  const std::string_view line = CheckFailureOf(outcome.check).line;
  return std::string(line.substr(0, line.find('\n')));
}

std::optional<Hash128> DumpIn(std::string_view text) {
  constexpr size_t kDigits = 16;
  if (text.size() != 2 * kDigits) return std::nullopt;
  Hash128 hash;
  std::from_chars(text.data(), text.data() + kDigits, hash.high, 16);
  std::from_chars(text.data() + kDigits, text.data() + 2 * kDigits, hash.low,
                  16);
  return hash;
}

// Sanitizers have threads of their own, which do no harm.
bool HasOtherThreads() {
  if (kSanitized) return false;
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  return !error && std::distance(begin(threads), end(threads)) > 1;
}

// What an outcome says is wrong, in one line; empty if nothing is.
std::string WrongIn(const RecoveryOutcome& outcome) {
  switch (outcome.kind) {
    case RecoveryOutcome::kObserved:
      break;
    case RecoveryOutcome::kDied:
      return "the recovery died: " + outcome.detail;
    case RecoveryOutcome::kHung:
      return "the recovery hung: " + outcome.detail;
    default:
      return outcome.detail;
  }
  const bool dump = DumpIn(outcome.check).has_value();
  return dump || outcome.check == "no dump" ? "" : CauseIn(outcome);
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
  if (!MakeDumps(**run, dumps, part)) return report.Add(part);
  loop_.dumps_ = &dumps;
  loop_.tell_ = StateLoop::kCause;
  const RecordedRun recorded = (*run)->run();
  auto explored = powercut::Explore(recorded, OptionsOfExploration());
  if (!explored) {
    loop_.dumps_ = nullptr;
    return failed(explored.error());
  }
  part.crash_points = explored->crash_points;
  part.states = explored->states;
  part.runs = explored->runs;
  part.space_log2 = explored->space_log2;
  part.space = ExplorationSpaceText(explored->space);
  part.why = explored->bound;
  part.verdict = !explored->findings.empty() ? LoopVerdict::kViolation
                 : explored->exhausted       ? LoopVerdict::kHolds
                                             : LoopVerdict::kUnknown;
  const bool holds = part.verdict == LoopVerdict::kHolds;
  report.Add(std::move(part));
  if (!loop_.stopping_) {
    for (const Finding& finding : explored->findings) {
      report.findings.push_back(Described(**run, finding));
    }
    if (holds && loop_.options_.audit) Audit(**run, profile);
  }
  loop_.dumps_ = nullptr;
}

// --- prefixes ----------------------------------------------------------------

bool LoopRunner::MakeDumps(ProfileRun& run, PrefixDumps& dumps,
                           LoopPart& part) {
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
  std::string wrong;
  bool dumped = false;
  const auto take = [&](size_t length, const RecoveryOutcome& outcome) {
    if (outcome.check.empty() && outcome.kind == RecoveryOutcome::kObserved) {
      return;  // The loop was stopped.
    }
    const std::string error = WrongIn(outcome);
    if (wrong.empty()) wrong = error;
    const std::optional<Hash128> dump = DumpIn(outcome.check);
    dumped |= dump.has_value();
    if (dump) dumps.lengths[*dump].push_back(length);
  };
  const ExploreOptions options = OptionsOfExploration();
  // The last state comes first: a loop that gives no dump there gives none.
  RunStates(run, options, {states.back()},
            [&](size_t, const RecoveryOutcome& outcome) {
              take(states.size() - 1, outcome);
            });
  states.pop_back();
  if (wrong.empty() && dumped && !states.empty()) {
    RunStates(run, options, std::move(states), take);
  }
  for (auto& [dump, lengths] : dumps.lengths) std::ranges::sort(lengths);
  if (wrong.empty()) return true;
  part.verdict = LoopVerdict::kViolation;
  part.why = "the recovery fails with no crash at all";
  LoopFinding finding;
  finding.profile = part.profile;
  finding.cause = wrong;
  finding.states = 1;
  finding.crash = "no crash: all calls returned, and all of them persisted";
  loop_.report_.findings.push_back(std::move(finding));
  return false;
}

// --- findings ----------------------------------------------------------------

std::string LoopRunner::ResultOf(ProfileRun& run, const StateId& id) {
  loop_.tell_ = StateLoop::kText;
  const RecordedRun recorded = run.run();
  const auto replayed = Replay(recorded, id, OptionsOfExploration().run);
  loop_.tell_ = StateLoop::kCause;
  if (!replayed) return "";
  const RecoveryOutcome& outcome = replayed->outcome;
  return outcome.kind == RecoveryOutcome::kObserved ? outcome.check
                                                    : WrongIn(outcome);
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
  // The words of the user's code are taken apart again.
  const std::string result = ResultOf(run, *id);
  const size_t line = result.find('\n');
  if (line == result.npos) return described;
  RecoveryOutcome outcome;
  outcome.check = result;
  described.cause = CauseIn(outcome);
  described.text.clear();
  std::string_view rest = std::string_view(result).substr(line + 1);
  while (!rest.empty()) {
    // Each violation ends with this byte, and a line break comes after it.
    const size_t end = std::min(rest.find('\x1e'), rest.size());
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    const size_t file = one.find('\x1f');
    const size_t number = one.find('\x1f', file + 1);
    if (file == one.npos || number == one.npos) break;
    const std::string_view text = one.substr(number + 1);
    if (described.text.empty() && described.file.empty()) {
      described.file = one.substr(0, file);
      std::from_chars(one.data() + file + 1, one.data() + number,
                      described.line);
      described.text = text;
    } else {
      described.text += fmt::format(
          "\n{}{}", file == 0 ? "" : fmt::format("{}: ", one.substr(0, file)),
          text);
    }
  }
  if (id->steps.size() == 1) {
    described.remedy = RemedyFor(run, finding.violation.cause, *state);
  }
  return described;
}

// Inserts one sync after a call that the state lost, and explores again: if the
// cause is gone, that sync is the remedy.
std::string LoopRunner::RemedyFor(ProfileRun& run, const std::string& cause,
                                  const CrashState& state) {
  const std::string& profile = loop_.report_.parts.back().profile;
  const CrashSpace space(run.trace(), run.run().setting.atomic_bytes);
  PointCursor cursor(space, state.kind);
  cursor.MoveTo(state.point);
  size_t tried = 0;
  for (const ExtraSync& sync : SyncsFor(run.issued(), state, cursor)) {
    if (loop_.stopping_ || ++tried > kRemediesTried) break;
    Calls calls = run.calls();
    Call call;
    const bool of_disk = sync.path.empty();
    const bool of_log = loop_.options_.logs.has_value();
    call.op.kind = of_disk  ? OpKind::kDiskFlush
                   : of_log ? OpKind::kLogFlush
                            : OpKind::kFsync;
    if (!of_disk) call.op.names = {sync.path};
    call.op.number = static_cast<uint32_t>(calls.size() + 1);
    call.path = sync.path;
    calls.insert(calls.begin() + static_cast<ptrdiff_t>(sync.after) + 1, call);
    auto with = RecordAs(calls, profile);
    if (!with) continue;
    ExploreOptions options = OptionsOfExploration();
    options.bounds.budget_ms = kRemedyBudgetMs;
    bool seen = false;
    options.hooks.cause_seen = [&](const std::string& one) {
      seen |= one == cause;
    };
    options.hooks.interrupted = [&] { return seen || loop_.stopping_; };
    const RecordedRun recorded = (*with)->run();
    auto explored = powercut::Explore(recorded, options);
    if (!explored || seen || !explored->exhausted) continue;
    return fmt::format(
        "{} after `{}`{} saves it",
        of_disk ? "a flush of the disk"
                : (of_log ? "a flush of " : "an fsync of ") + sync.path,
        CallText(run.calls()[sync.after]),
        PlaceInWords(run.calls()[sync.after]));
  }
  return "";
}

// --- one state ---------------------------------------------------------------

// The digest of the id says which profile it belongs to.
void LoopRunner::RunOneState() {
  LoopPart part;
  part.why = "no recording has this id: the calls or powercut changed since";
  part.verdict = LoopVerdict::kError;
  const auto id = ParseStateId(loop_.options_.at);
  if (!id) {
    part.why = id.error().message;
    return loop_.report_.Add(std::move(part));
  }
  for (const std::string& profile : loop_.options_.profiles) {
    auto run = RecordAs(loop_.calls_, profile);
    if (!run || (*run)->trace().Digest() != id->digest) continue;
    part.profile = profile;
    RunOneState(**run, *id, part);
    break;
  }
  loop_.report_.Add(std::move(part));
}

// A state of one crash runs in this process, for a debugger. A crash during a
// recovery needs that recovery first, so that workers run both.
void LoopRunner::RunOneState(ProfileRun& run, const StateId& id,
                             LoopPart& part) {
  const RecordedRun recorded = run.run();
  const CrashSpace space(run.trace(), recorded.setting.atomic_bytes);
  PointCursor cursor(space, id.steps[0].kind);
  const auto state = ResolveStep(id.steps[0], cursor);
  if (!state) {
    part.why = state.error().message;
    return;
  }
  PrefixDumps dumps;
  if (!MakeDumps(run, dumps, part)) return;
  loop_.dumps_ = &dumps;
  std::string wrong;
  if (id.steps.size() > 1) {
    const std::string result = ResultOf(run, id);
    wrong = result.substr(0, result.find('\n'));
  } else {
    loop_.tell_ = StateLoop::kCause;
    ExploreOptions options = OptionsOfExploration();
    options.jobs = 0;
    RunStates(run, options, {*state},
              [&](size_t, const RecoveryOutcome& outcome) {
                wrong = WrongIn(outcome);
              });
  }
  loop_.dumps_ = nullptr;
  part.why.clear();
  part.states = part.runs = 1;
  part.verdict = wrong.empty() ? LoopVerdict::kHolds : LoopVerdict::kViolation;
  if (wrong.empty()) return;
  LoopFinding finding;
  finding.profile = part.profile;
  finding.cause = wrong;
  finding.id = loop_.options_.at;
  finding.states = 1;
  finding.crash = CrashText(run.issued(), *state, id.steps.size());
  finding.lost = LostCalls(run.issued(), *state, cursor);
  finding.sources = SourceCommands(NamedPlaces(run.issued(), *state, cursor));
  loop_.report_.findings.push_back(std::move(finding));
}

}  // namespace powercut
