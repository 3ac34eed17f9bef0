#include "harness/explore/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/explore/cause_groups.h"
#include "harness/explore/nested_crashes.h"
#include "harness/explore/resume.h"
#include "harness/explore/tree_walk.h"
#include "harness/fault/fault.h"
#include "harness/judge/judge.h"
#include "harness/judge/obligations.h"
#include "harness/space/enumerate.h"
#include "harness/trace/acks.h"
#include "model/files/data_atoms.h"

namespace powercut {
namespace {

// Images whose outcome is remembered, so that a state that leaves the same disk
// as an earlier one needs no lookup.
constexpr size_t kImagesMax = 1 << 22;
// What was observed is kept for judging and confirming.
constexpr uint64_t kOutcomeBytesMax = uint64_t{4} << 30;
// Recoveries that wait to be crashed.
constexpr size_t kRecoveriesKept = 1024;

// Adds 2^log2 to a sum that is itself kept as log2; negative infinity is 0.
void AddPowerOfTwo(double& sum_log2, double log2) {
  const double larger = std::max(sum_log2, log2);
  const double smaller = std::min(sum_log2, log2);
  sum_log2 = larger + std::log2(1 + std::exp2(smaller - larger));
}

double Log2Of(const CrashSpace& space,
              const std::vector<CrashPoint>& crash_points,
              const RunSetting& setting) {
  double log2 = -std::numeric_limits<double>::infinity();
  for (const CrashKind kind : setting.crash_kinds) {
    PointCursor cursor(space, kind);
    for (const CrashPoint& crash_point : crash_points) {
      cursor.MoveTo(crash_point.after);
      AddPowerOfTwo(log2, cursor.SpaceLog2());
    }
  }
  return log2;
}

CopyMode CopyModeFor(const ExploreOptions& options, const Workload& workload,
                     const RunSetting& setting) {
  if (options.probe || setting.judged_by_itself) return CopyMode::kAsRead;
  if (options.copied != CopyMode::kVaryEach) return options.copied;
  // Conditions may speak of several blocks at once.
  const bool apart =
      workload.outcomes.empty() && DataAtomsApart(*setting.profile, workload);
  return apart ? CopyMode::kVaryEach : CopyMode::kFillIn;
}

class Explorer {
 public:
  Explorer(Backend& backend, const Workload& workload,
           const RunSetting& setting, const Recording& recording,
           const ExploreOptions& options, RunJournal* journal)
      : backend_(backend),
        workload_(workload),
        setting_(setting),
        recording_(recording),
        options_(options),
        space_(recording.trace, setting.atomic_bytes),
        contents_(space_),
        crash_points_(CrashPointsOf(recording, setting.judged_by_itself)),
        pool_(backend, space_, PoolOptions()),
        judge_(workload, setting, recording, pool_.outcomes()),
        groups_({backend, workload, setting, recording, space_,
                 options.list_states}),
        began_ms_(MonotonicMs()) {
    result_.copied = CopyModeFor(options, workload, setting);
    result_.space = options.space;
    scheduler_.emplace(
        pool_, contents_,
        RunScheduler::Options{result_.copied, options.cache_bytes,
                              options.max_runs, options.doublecheck,
                              options.seed, journal,
                              [this] { return MustStop(); }},
        [this](const StateRequest& request, const StateOutcome& outcome) {
          Take(request, outcome);
        });
  }

  Result<Exploration> Run() {
    Describe();
    if (options_.shard.index == 1) CheckObligations();
    // The prefixes of all points and kinds first: what they find is real for
    // every device.
    result_.space_log2 = Log2Of(space_, crash_points_, setting_);
    ChooseSpace();
    ChooseCopied();
    bool go_on = Enumerate({.mode = ExplorationSpace::kPrefix}, false);
    if (go_on) go_on = Rest();
    result_.exhausted = go_on;
    if (!go_on) NameBound();
    Finish();
    if (Status all = pool_.outcomes().AllRun(); !all) {
      return Error{all.error().code,
                   workload_.file + ": " + all.error().message};
    }
    return std::move(result_);
  }

 private:
  WorkerPool::Options PoolOptions() const {
    WorkerPool::Options pool = WorkerOptionsOf(workload_, setting_, options_);
    pool.jobs = options_.jobs;
    pool.report_reads = true;
    pool.report_writes = options_.nested > 0;
    return pool;
  }

  void Describe() {
    const Trace& trace = recording_.trace;
    result_.digest = trace.Digest();
    result_.events = trace.event_count();
    for (EventNumber n = 1; n <= trace.event_count(); ++n) {
      const bool persist = trace.event(n).kind == DiskEvent::kPersist;
      ++(persist ? result_.flushes : result_.writes);
    }
    result_.crash_points = crash_points_.size();
    result_.faults = FaultCountsOf(workload_, recording_.history);
    uint64_t ours = 0;
    for (size_t index = 0; index < crash_points_.size(); ++index)
      ours += IsOurs(index) ? 1 : 0;
    points_ = std::max<uint64_t>(ours, 1) * setting_.crash_kinds.size();
    if (!PrefixesOnly()) points_ *= 2;
  }

  bool PrefixesOnly() const {
    return options_.space.mode == ExplorationSpace::kPrefix &&
           options_.space.torn == 0;
  }

  // All but the prefixes.
  bool Rest() {
    if (PrefixesOnly()) return true;
    if (result_.space.mode == ExplorationSpace::kExhaustive) return WalkTrees();
    return Enumerate(result_.space, true);
  }

  // What is not said follows from the size of the space alone, so that every
  // shard and every number of jobs comes to the same.
  void ChooseSpace() {
    if (result_.space.mode != ExplorationSpace::kDefault) return;
    const bool small =
        result_.space_log2 <= backend_.traits().default_exhaustive_log2_max;
    result_.space.mode =
        small ? ExplorationSpace::kExhaustive : ExplorationSpace::kEpoch;
    result_.space.count = 1;
  }

  // Only trees are spared by what varies apart; elsewhere it is filled in.
  void ChooseCopied() {
    if (result_.space.mode == ExplorationSpace::kExhaustive) return;
    if (result_.copied == CopyMode::kVaryEach) {
      result_.copied = CopyMode::kFillIn;
    }
  }

  // A shard has a range of points: neighbours share most of their runs.
  bool IsOurs(size_t index) const {
    return index * options_.shard.count / crash_points_.size() ==
           options_.shard.index - 1;
  }

  // The states of a space at all points of all kinds, without the prefixes if
  // they were visited before; false if a bound ended it.
  bool Enumerate(const ExplorationSpace& space, bool prefixes_done) {
    for (const CrashKind kind : setting_.crash_kinds) {
      PointCursor cursor(space_, kind);
      for (size_t index = 0; index < crash_points_.size(); ++index) {
        if (!IsOurs(index)) continue;
        cursor.MoveTo(crash_points_[index].after);
        if (!EnterContextOf(index)) return false;
        const bool go_on = EnumerateStates(
            cursor, space, options_.seed,
            [&](const CrashState& state, const Hash128& hash) {
              if (prefixes_done && state.origin == CrashState::kNewest &&
                  state.choices.empty()) {
                return true;
              }
              return SubmitState(state, hash, index);
            });
        if (!go_on || MustStop() || !CrashSomeRecoveries()) return false;
        PointDone();
      }
      if (!scheduler_->RunAll() || !CrashRecoveries()) return false;
    }
    return true;
  }

  // A check command knows the acks in force: what it said under others says
  // nothing here. False if a bound ended what was under way.
  bool EnterContextOf(size_t index) {
    if (setting_.check.empty()) return true;
    const uint64_t acks =
        AcksUpTo(recording_.trace, crash_points_[index].after).size() + 1;
    if (acks == scheduler_->context()) return true;
    if (!scheduler_->RunAll()) return false;
    scheduler_->EnterContext(acks);
    outcome_of_image_.clear();
    return true;
  }

  bool SubmitState(const CrashState& state, const Hash128& hash, size_t index) {
    const auto known = outcome_of_image_.find(hash);
    if (options_.nested == 0 && known != outcome_of_image_.end()) {
      scheduler_->Doublecheck(state, known->second);
      Visit(state, crash_points_[index], known->second);
      return true;
    }
    StateRequest request;
    request.state = state;
    request.point_index = static_cast<uint32_t>(index);
    request.image = hash;
    scheduler_->Submit(std::move(request));
    return scheduler_->RunReady();
  }

  // Every point's decision tree; false if a bound ended it.
  bool WalkTrees() {
    for (const CrashKind kind : setting_.crash_kinds) {
      for (size_t index = 0; index < crash_points_.size(); ++index) {
        if (!IsOurs(index)) continue;
        if (!EnterContextOf(index)) return false;
        StateRequest root = TreeWalk::Root(crash_points_[index].after, kind,
                                           static_cast<uint32_t>(index));
        root.seen = true;
        scheduler_->Submit(std::move(root));
        if (!scheduler_->RunReady() || MustStop() || !CrashSomeRecoveries()) {
          return false;
        }
        PointDone();
      }
      if (!scheduler_->RunAll() || !CrashRecoveries()) return false;
    }
    return true;
  }

  void Take(const StateRequest& request, const StateOutcome& outcome) {
    if (request.image) {
      if (outcome_of_image_.size() >= kImagesMax) outcome_of_image_.clear();
      outcome_of_image_.emplace(*request.image, outcome.id);
    }
    if (!request.seen) {
      Visit(request.state, crash_points_[request.point_index], outcome.id);
      KeepRecovery(request, outcome);
    }
    if (!request.expand) return;
    const TreeWalk walk{contents_, result_.copied, result_.space.torn};
    if (!walk.SubmitNext(request, outcome, *scheduler_))
      Contradict(request.state);
  }

  // --- crashes during recovery ----------------------------------------------

  void KeepRecovery(const StateRequest& request, const StateOutcome& outcome) {
    if (options_.nested == 0 || outcome.events == nullptr) return;
    const auto& copied = outcome.copied;
    const bool copy =
        request.branched &&
        std::binary_search(copied.begin(), copied.end(), *request.branched);
    // Recovery did not read it: it is undecided for the state without it.
    if (copy) return;
    InterruptedRecovery recovery{request.state, outcome.events, {}};
    if (result_.space.mode == ExplorationSpace::kExhaustive) {
      recovery.undecided =
          UndecidedBlocks(contents_, request.state, outcome.path);
    }
    recoveries_.emplace_back(request.point_index, std::move(recovery));
  }

  bool CrashSomeRecoveries() {
    return recoveries_.size() < kRecoveriesKept || CrashRecoveries();
  }

  // Explores those that were kept.
  bool CrashRecoveries() {
    NestedOptions options;
    options.space = result_.space;
    options.depth = options_.nested;
    options.copied = result_.copied;
    options.seed = options_.seed;
    options.pool = PoolOptions();
    options.stop = [this] { return MustStop(); };
    NestedCrashes crashes(backend_, options);
    const uint64_t before = nested_runs_;
    for (const auto& [index, recovery] : std::exchange(recoveries_, {})) {
      const bool go_on = crashes.Explore(
          space_, recovery, [&](const NestedCrashes::Visited& visited) {
            VisitNested(crash_points_[index], visited);
          });
      nested_runs_ = before + crashes.runs();
      if (!go_on || MustStop()) return false;
    }
    if (crashes.contradicted()) Contradict(FirstState());
    return true;
  }

  void CountFaults(const RecoveryOutcome& outcome) {
    for (const uint32_t number : outcome.faults_fired) {
      ++result_.faults[number - 1].fired;
    }
  }

  void VisitNested(const CrashPoint& crash_point,
                   const NestedCrashes::Visited& visited) {
    CountFaults(visited.outcome);
    ++result_.states;
    ++result_.nested_states;
    const CrashKind kind = visited.outer.kind;
    const OutcomeId outcome = pool_.AddOutcome(visited.outcome);
    if (options_.visited) {
      options_.visited({visited.outer, crash_point, outcome,
                        pool_.outcomes()[outcome], true});
    }
    std::optional<ViolatingState> at;
    std::set<std::string> counted;
    for (size_t h = crash_point.history_min; h <= crash_point.history_max;
         ++h) {
      std::vector<Violation> violations = judge_.Violations(outcome, h, kind);
      AddUnstable(visited, outcome, h, violations);
      for (const Violation& violation : violations) {
        if (!at) {
          NestedState state = visited.state();
          at = {std::move(state.outer), 0, outcome, std::move(state.inner),
                state.inner_lost};
        }
        at->history = h;
        at->state.marks = static_cast<uint32_t>(h - crash_point.history_base);
        AddViolation(violation, *at, !counted.insert(violation.cause).second);
      }
    }
  }

  void AddUnstable(const NestedCrashes::Visited& visited, OutcomeId outcome,
                   size_t history, std::vector<Violation>& violations) {
    if (!MustBeStable(backend_, workload_)) return;
    const auto once = scheduler_->Known(visited.outer);
    if (!once || *once == outcome) return;
    // Else the second crash did more than to change the result: it broke it.
    const bool broken_before =
        !judge_.Violations(*once, history, visited.outer.kind).empty();
    if (!violations.empty() && !broken_before) return;
    violations.push_back(judge_.VolumeViolation(
        ViolationKind::kUnstable, history, visited.outer.kind, kUnstableFound));
  }

  void AddViolation(const Violation& violation, const ViolatingState& at,
                    bool counted) {
    const bool first = groups_.Add(violation, at, counted);
    if (first && options_.cause_seen) options_.cause_seen(violation.cause);
  }

  // --- visiting -------------------------------------------------------------

  void Visit(const CrashState& state, const CrashPoint& crash_point,
             OutcomeId outcome) {
    ++result_.states;
    CountFaults(pool_.outcomes()[outcome]);
    if (options_.visited) {
      options_.visited(
          {state, crash_point, outcome, pool_.outcomes()[outcome]});
    }
    std::set<std::string> counted;
    for (size_t h = crash_point.history_min; h <= crash_point.history_max;
         ++h) {
      for (const Violation& violation :
           judge_.Violations(outcome, h, state.kind)) {
        ViolatingState at{state, h, outcome, {}, 0};
        at.state.marks = static_cast<uint32_t>(h - crash_point.history_base);
        AddViolation(violation, at, !counted.insert(violation.cause).second);
      }
    }
  }

  // --- bounds and progress --------------------------------------------------

  bool MustStop() {
    if (options_.interrupted && options_.interrupted()) {
      result_.interrupted = true;
      return true;
    }
    const uint64_t runs = scheduler_->runs() + nested_runs_;
    if (nested_runs_ > 0 && options_.max_runs && runs >= *options_.max_runs) {
      return true;
    }
    if (pool_.outcomes().bytes() > kOutcomeBytesMax) return true;
    if (!pool_.outcomes().AllRun()) return true;
    over_budget_ =
        options_.budget_ms && MonotonicMs() - began_ms_ > *options_.budget_ms;
    return over_budget_;
  }

  void NameBound() {
    if (result_.interrupted) {
      result_.bound = "interrupted";
    } else if (over_budget_) {
      result_.bound = fmt::format("--budget of {} ms", *options_.budget_ms);
    } else if (pool_.outcomes().bytes() > kOutcomeBytesMax) {
      result_.bound = fmt::format("different outcomes take more than {} GiB",
                                  kOutcomeBytesMax >> 30);
    } else if (!scheduler_->journal_error().empty()) {
      result_.bound = scheduler_->journal_error();
    } else {
      result_.bound = fmt::format("--max-runs {}", *options_.max_runs);
    }
  }

  void PointDone() {
    ++points_done_;
    if (!options_.progress) return;
    options_.progress(
        {scheduler_->runs() + nested_runs_, result_.states, groups_.size(),
         static_cast<double>(points_done_) / static_cast<double>(points_)});
  }

  // --- the end --------------------------------------------------------------

  void Finish() {
    result_.runs = scheduler_->runs() + nested_runs_;
    result_.nested_runs = nested_runs_;
    result_.evicted = scheduler_->evicted();
    result_.doublechecked = scheduler_->doublechecked();
    if (options_.shard.count > 1) {
      result_.run_keys = scheduler_->run_keys();
      std::sort(result_.run_keys.begin(), result_.run_keys.end());
    }
    for (Finding& finding : groups_.Confirmed(pool_, judge_)) {
      result_.findings.push_back(std::move(finding));
    }
    if (scheduler_->contradiction()) Contradict(*scheduler_->contradiction());
    if (pool_.unexplained_deaths() > 0) Contradict(FirstState());
    if (contradiction_) ReportContradiction();
    std::sort(result_.findings.begin(), result_.findings.end(),
              [](const Finding& a, const Finding& b) {
                return a.violation.cause < b.violation.cause;
              });
  }

  // Shown where no state can be named.
  CrashState FirstState() const {
    const EventNumber point = crash_points_.front().after;
    return {point, 0, setting_.crash_kinds.front(), CrashState::kNewest, {}};
  }

  void Contradict(const CrashState& state) {
    if (!contradiction_) contradiction_ = state;
  }

  // What the cache answered cannot be believed any more.
  void ReportContradiction() {
    result_.exhausted = false;
    result_.bound = "nondeterministic: what the cache answered is unknown";
    Violation violation;
    violation.kind = ViolationKind::kNondeterministic;
    CauseParts parts;
    parts.kind = violation.kind;
    violation.cause = MakeCause(parts);
    violation.admissible = "the same wherever the same is read from the disk";
    violation.found = "another result than an earlier run that read the same";
    const auto same = std::any_of(
        result_.findings.begin(), result_.findings.end(),
        [&](const Finding& f) { return f.violation.cause == violation.cause; });
    if (same) return;
    PointCursor cursor(space_, contradiction_->kind);
    cursor.MoveTo(contradiction_->point);
    result_.findings.push_back(
        DescribeFinding({workload_, recording_.trace, recording_.history},
                        violation, *contradiction_, cursor));
  }

  void CheckObligations() {
    if (setting_.judged_by_itself) return;
    for (const UnmetObligation& unmet :
         FindUnmetObligations(workload_, *setting_.profile, recording_, space_,
                              backend_.traits().sync_covers_disk)) {
      Finding finding = DescribeObligation(unmet);
      if (options_.list_states) finding.states = {finding.id};
      const auto same =
          std::find_if(result_.findings.begin(), result_.findings.end(),
                       [&](const Finding& f) {
                         return f.violation.cause == finding.violation.cause;
                       });
      if (same != result_.findings.end()) {
        ++same->count;
        same->states.insert(same->states.end(), finding.states.begin(),
                            finding.states.end());
        continue;
      }
      if (options_.cause_seen) options_.cause_seen(finding.violation.cause);
      result_.findings.push_back(std::move(finding));
    }
  }

  Finding DescribeObligation(const UnmetObligation& unmet) {
    PointCursor cursor(space_, CrashKind::kPower);
    cursor.MoveTo(unmet.point);
    const CrashState state{
        unmet.point, unmet.marks, CrashKind::kPower, CrashState::kNewest, {}};
    return DescribeFinding({workload_, recording_.trace, recording_.history},
                           unmet.violation, state, cursor);
  }

  Backend& backend_;
  const Workload& workload_;
  const RunSetting& setting_;
  const Recording& recording_;
  const ExploreOptions& options_;
  CrashSpace space_;
  BlockContents contents_;
  std::vector<CrashPoint> crash_points_;
  WorkerPool pool_;
  Judge judge_;
  CauseGroups groups_;
  std::optional<RunScheduler> scheduler_;
  uint64_t began_ms_;

  Exploration result_;
  uint64_t points_ = 1;
  uint64_t points_done_ = 0;
  bool over_budget_ = false;

  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> outcome_of_image_;
  std::optional<CrashState> contradiction_;
  // Recoveries in which to crash, with their crash points.
  std::vector<std::pair<size_t, InterruptedRecovery>> recoveries_;
  uint64_t nested_runs_ = 0;
};

}  // namespace

WorkerOptions WorkerOptionsOf(const Workload& workload,
                              const RunSetting& setting,
                              const ExploreOptions& options) {
  WorkerOptions worker;
  worker.recovery = RecoveryOptionsOf(workload, options.probe);
  worker.recovery.check = setting.check;
  worker.recovery.check_timeout_ms = setting.check_timeout_ms;
  worker.recovery.fsck = setting.fsck;
  worker.limits = options.limits;
  // Those that have a bound of their own keep it.
  const uint32_t programs =
      (setting.check.empty() ? 0 : 1) + (setting.fsck ? 1 : 0);
  worker.limits.wall_ms += programs * setting.check_timeout_ms;
  return worker;
}

double SpaceLog2(const Recording& recording, const RunSetting& setting) {
  const CrashSpace space(recording.trace, setting.atomic_bytes);
  return Log2Of(space, CrashPointsOf(recording), setting);
}

Result<Exploration> Explore(Backend& backend, const Workload& workload,
                            const RunSetting& setting,
                            const Recording& recording,
                            const ExploreOptions& options) {
  POWERCUT_ASSIGN(const std::unique_ptr<RunJournal> journal,
                  OpenKeptRuns(backend, workload, setting, recording, options));
  return Explorer(backend, workload, setting, recording, options, journal.get())
      .Run();
}

}  // namespace powercut
