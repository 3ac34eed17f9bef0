// Runs one test on one backend: chooses the profiles, asks what the backend and
// the profile offer, records the workload, explores all crash states and counts
// how many of them satisfy each condition. The verdict follows from the counts
// and from the findings of the exploration.
//
// Example: `allow /f[0] = old` and `forbid missing /f` on simfs. Each state
// from `cut` on adds 1 to every condition that it satisfies, or to `other` if
// it satisfies none. An `allow` with a count of 0 makes the test `unseen` on
// simfs, which must show all that is allowed; a `forbid` above 0 is a
// violation.

#include "harness/litmus/litmus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "harness/explore/explore.h"
#include "model/files/model.h"
#include "model/words/condition.h"

namespace powercut {
namespace {

// log2 of the most states that a test may have if all of them must be visited.
constexpr double kSpaceLog2Max = 20;

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

LitmusRun Unsupported(LitmusRun run, std::string reason) {
  run.verdict = LitmusRun::kUnsupported;
  run.reason = std::move(reason);
  return run;
}

// Counts states as exploring visits them. States of different crash points
// often have the same outcome, so that each outcome is kept with how often it
// came, and the conditions are asked once for each outcome at the end.
class Counter {
 public:
  Counter(const Workload& workload, const Recording& recording, LitmusRun& run)
      : workload_(workload),
        recording_(recording),
        cut_(HistoryOfCut(workload, recording.history)),
        run_(run) {}

  void Take(const VisitedState& visited) {
    if (visited.crash_point.history_max < cut_) return;
    // A recovery that died or hung shows no observation; exploring reports it
    // as a finding.
    if (visited.result.kind != RecoveryOutcome::kObserved) {
      ++run_.at_cut;
      return;
    }
    const auto [entry, added] = seen_.try_emplace(visited.outcome);
    if (added) entry->second.observation = visited.result.observation;
    ++entry->second.times;
  }

  // Asks the conditions of all outcomes. To be called once, at the end.
  void Count() {
    for (const auto& [outcome, seen] : seen_) {
      CountStates(
          SatisfiedBy(workload_, seen.observation, recording_.before, run_),
          seen.times, run_);
    }
  }

 private:
  const Workload& workload_;
  const Recording& recording_;
  // The history from which on states count.
  size_t cut_;
  LitmusRun& run_;
  // What one outcome showed, and in how many states. The observation is a copy,
  // since a VisitedState is valid during the call only.
  struct Seen {
    Observation observation;
    uint64_t times = 0;
  };
  std::map<OutcomeId, Seen> seen_;
};

// Records and explores a test that the backend and the profile offer.
Result<LitmusRun> Explored(Backend& backend, const Workload& workload,
                           const RunSetting& setting,
                           const LitmusOptions& options, LitmusRun run) {
  POWERCUT_ASSIGN(Recording recording, Record(backend, workload, setting));
  const bool all = ShowsAllThatIsAllowed(backend.traits().name);
  const double log2 = SizeOfSpace(recording, setting).log2;
  if (all && log2 > kSpaceLog2Max) {
    return Error{
        ErrorCode::kBadInput,
        fmt::format("{}: there are 2^{:.1f} crash states, and a litmus "
                    "test has all of them run; make it smaller, to "
                    "2^{} at most",
                    workload.file, log2, kSpaceLog2Max)};
  }
  Counter counter(workload, recording, run);
  ExploreOptions explore;
  // Other storage need not show every `allow`, so that a part of its states
  // still tells whether a `forbid` occurs.
  explore.space.mode = log2 > kSpaceLog2Max ? ExplorationSpace::kEpoch
                                            : ExplorationSpace::kExhaustive;
  // What is counted is the whole of each observation.
  explore.parts_apart = false;
  explore.jobs = options.jobs;
  explore.hooks.interrupted = options.interrupted;
  // Records after the end of a log may show only once something is appended,
  // which the probe does.
  const auto& ops = backend.traits().ops;
  explore.run.probe =
      std::find(ops.begin(), ops.end(), OpKind::kLogAppend) != ops.end();
  explore.hooks.visited = [&](const VisitedState& visited) {
    counter.Take(visited);
  };
  POWERCUT_ASSIGN(Exploration exploration,
                  Explore({backend, workload, setting, recording}, explore));
  counter.Count();
  run.states = exploration.states;
  run.runs = exploration.runs;
  run.findings = std::move(exploration.findings);
  if (!run.findings.empty() && !backend.traits().repeatable) {
    run.recording = std::move(recording);
  }
  run.verdict = VerdictOf(run);
  return run;
}

}  // namespace

std::string_view LitmusVerdictName(LitmusRun::Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames = {"ok", "violation",
                                                      "unseen", "unsupported"};
  return kNames[verdict];
}

bool ShowsAllThatIsAllowed(std::string_view backend) {
  return backend == "simfs" || backend == "clfs" || backend == kModelBackend;
}

std::vector<std::string> LitmusProfiles(
    const Workload& workload, const std::vector<std::string>& offered,
    const std::vector<std::string>& selected) {
  std::set<std::string> named;
  for (const Outcome& outcome : workload.outcomes) {
    named.insert(outcome.profiles.begin(), outcome.profiles.end());
  }
  if (named.empty() && !workload.profile.empty()) {
    named.insert(workload.profile);
  }
  // A test that names no profile is meant for all of them.
  if (named.empty()) named.insert(offered.begin(), offered.end());
  std::vector<std::string> profiles;
  for (const Profile& profile : Profiles()) {
    if (!named.contains(profile.name)) continue;
    if (!selected.empty() && !Contains(selected, profile.name)) continue;
    profiles.push_back(profile.name);
  }
  return profiles;
}

std::vector<std::string> LitmusProfilesOf(
    const Workload& workload, const BackendTraits& traits,
    const std::vector<std::string>& selected) {
  if (!traits.profiles.empty()) {
    return LitmusProfiles(workload, traits.profiles, selected);
  }
  if (selected.empty()) return {traits.profile};
  return selected;
}

std::vector<std::string> OfferedProfiles(const BackendTraits& traits) {
  if (!traits.profiles.empty()) return traits.profiles;
  return {traits.profile};
}

std::vector<LitmusOutcome> OutcomesUnder(const Workload& workload,
                                         const std::string& profile) {
  std::vector<LitmusOutcome> outcomes;
  for (const Outcome& outcome : workload.outcomes) {
    const bool applies =
        outcome.profiles.empty() || Contains(outcome.profiles, profile);
    outcomes.push_back({ConditionText(outcome.condition), outcome.allow,
                        outcome.line, applies, 0});
  }
  return outcomes;
}

std::vector<bool> SatisfiedBy(const Workload& workload, const Observation& seen,
                              const Observation& before, const LitmusRun& run) {
  std::vector<bool> satisfied;
  for (size_t i = 0; i < workload.outcomes.size(); ++i) {
    const auto holds =
        Holds(workload.outcomes[i].condition, seen, before, workload);
    satisfied.push_back(run.outcomes[i].applies && holds.value_or(false));
  }
  return satisfied;
}

void CountStates(const std::vector<bool>& satisfied, uint64_t times,
                 LitmusRun& run) {
  run.at_cut += times;
  bool any = false;
  for (size_t i = 0; i < satisfied.size(); ++i) {
    if (!satisfied[i]) continue;
    run.outcomes[i].observed += times;
    any = true;
  }
  if (!any) run.other += times;
}

std::string UnofferedByProfile(const Workload& workload,
                               const Profile& profile) {
  // Whether an op fails can depend on the ops before it, so that the model is
  // led through the whole test.
  Model model(workload, profile);
  std::map<uint64_t, uint32_t> started;
  for (const auto* section : {&workload.init, &workload.run}) {
    for (const Op& op : *section) {
      const std::string error = model.Plan(op).error;
      if (error == "STATUS_NOT_SUPPORTED" &&
          op.expected.kind == ExpectedResult::kOk) {
        return fmt::format("{} does not offer `{}` (line {})", profile.name,
                           OpText(op), op.line);
      }
      model.Begin(op.number);
      if (op.start && error.empty()) {
        started[*op.start] = op.number;
        continue;
      }
      if (op.kind == OpKind::kWait) {
        const auto ended = started.extract(op.numbers[0]);
        if (!ended.empty()) model.End(ended.mapped(), true);
      }
      model.End(op.number, error.empty());
    }
    if (section == &workload.init) model.EndInit();
  }
  return "";
}

LitmusRun::Verdict VerdictOf(const LitmusRun& run) {
  if (run.verdict == LitmusRun::kUnsupported) return run.verdict;
  bool unseen = false;
  bool forbidden = false;
  for (const LitmusOutcome& outcome : run.outcomes) {
    if (!outcome.applies) continue;
    if (outcome.allow && outcome.observed == 0) unseen = true;
    if (!outcome.allow && outcome.observed > 0) forbidden = true;
  }
  if (forbidden || !run.findings.empty()) return LitmusRun::kViolation;
  if (unseen && ShowsAllThatIsAllowed(run.backend)) return LitmusRun::kUnseen;
  return LitmusRun::kOk;
}

Result<LitmusRun> RunLitmus(Backend& backend, const Workload& workload,
                            const std::string& profile,
                            const LitmusOptions& options) {
  const BackendTraits& traits = backend.traits();
  LitmusRun run;
  // The reasons below make the test kUnsupported; they are no errors, since a
  // batch of tests goes on to the next backend and profile.
  run.backend = traits.name;
  run.profile = profile;
  run.outcomes = OutcomesUnder(workload, profile);
  if (!traits.profiles.empty() && !Contains(traits.profiles, profile)) {
    return Unsupported(
        std::move(run),
        fmt::format("{} does not offer profile {}", traits.name, profile));
  }
  SettingOverrides flags;
  flags.profile = profile;
  flags.crash_kinds = workload.crash_kinds;
  if (flags.crash_kinds.empty()) flags.crash_kinds = {CrashKind::kPower};
  flags.atomic_bytes = options.atomic_bytes;
  auto setting = ResolveSetting(workload, backend, flags);
  if (!setting && setting.error().code == ErrorCode::kUnsupported) {
    return Unsupported(std::move(run), setting.error().message);
  }
  if (!setting) return setting.error();
  const std::string unoffered = UnofferedByProfile(workload, *setting->profile);
  if (!unoffered.empty()) return Unsupported(std::move(run), unoffered);
  return Explored(backend, workload, *setting, options, std::move(run));
}

}  // namespace powercut
