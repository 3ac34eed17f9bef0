// One exploration goes like this:
//
// 1. The prefixes of all crash points and kinds. What they find is real for
//    every device.
// 2. The other states of the space, point by point (PointWalk). The scheduler
//    decides each state from earlier runs, or runs it, and calls OnOutcome(). A
//    long walk is cut for several processes (explorer_walks.cc).
//    The size of the whole space has decided the default space before step 1.
// 3. Each outcome is judged at every history that its point can have, and the
//    violations go to their causes (CauseGroups).
// 4. With nested crashes, the recoveries that were run are kept and explored in
//    turn, many at a time (RecoveriesToCrash).
// 5. The simplest state of each cause is confirmed alone in a fresh worker.
//
// Example: three writes W1, W2, W3 to three blocks, then a flush F4, on a
// device that loses what was not flushed. The points are those after 0 to 4
// events. The prefix pass visits five states. At the point after 3 events all
// three blocks are open, so there are 8 states; if recovery reads only the
// block of W2, two runs decide them all. After F4 no block is open: there is
// one state, and it was visited as a prefix.

#include "harness/explore/explorer.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "harness/explore/explore.h"
#include "harness/explore/parts_apart.h"
#include "harness/explore/point_walk.h"
#include "harness/judge/obligations.h"
#include "harness/judge/stability.h"
#include "model/files/data_atoms.h"

namespace powercut {
namespace {

// How many images are remembered with their outcomes.
constexpr size_t kImagesMax = 1 << 22;

// With so many workers or more, other processes judge: the share of this
// process in all processor time, which bounds what more workers can do, then
// falls by half on simfs. With one worker, carrying the outcomes to other
// processes made all work together 30 % more. What lies between was not
// measured on a machine with enough processors.
constexpr uint32_t kJobsThatJudge = 4;

CopyMode CopyModeFor(const RecordedRun& run, const ExploreOptions& options) {
  const bool model_judges = CheckOf(run.setting.oracle) == nullptr;
  if (options.run.probe || !model_judges) return CopyMode::kAsRead;
  if (options.copied != CopyMode::kVaryEach) return options.copied;
  // Conditions may speak of several blocks at once.
  const bool apart = run.workload.outcomes.empty() &&
                     DataAtomsApart(run.profile(), run.workload);
  return apart ? CopyMode::kVaryEach : CopyMode::kFillIn;
}

}  // namespace

Explorer::Explorer(const RecordedRun& run, const ExploreOptions& options,
                   RunJournal* journal)
    : run_(run),
      options_(options),
      space_(run.trace(), run.setting.atomic_bytes),
      contents_(space_),
      crash_points_(
          CrashPointsOf(run.recording, CheckOf(run.setting.oracle) != nullptr)),
      explored_(run.trace(), run.setting.finishes_calls),
      contexts_(run),
      parts_(PartsApart(run, options)),
      pool_(run.backend, space_, PoolOptions()),
      judge_(run_, pool_.outcomes()),
      groups_({run, space_, options.list_states}),
      bounds_(options, pool_.outcomes()) {
  result_.copied = CopyModeFor(run, options);
  result_.space = options.space;
  if (options.jobs >= kJobsThatJudge &&
      CheckOf(run.setting.oracle) == nullptr) {
    judging_.emplace(pool_, judge_, run.recording.history.size(),
                     [this](const UnjudgedState& at) {
                       JudgeVisited(at.state, at.point, at.outcome);
                     });
  }
  scheduler_.emplace(
      pool_, contents_,
      RunScheduler::Options{
          result_.copied, options.cache_bytes, options.bounds.max_runs,
          options.doublecheck, options.seed, journal,
          [this] { return MustStop(); }, contexts_.context_of(),
          options.runs_are_short,
          [this] { return recoveries_ ? recoveries_->runs() : 0; }},
      [this](const StateRequest& request, const StateOutcome& outcome) {
        OnOutcome(request, outcome);
      });
}

Result<Exploration> Explorer::Run() {
  Describe();
  if (options_.shard.index == 1) CheckObligations();
  const SpaceSize size = SizeOfSpace(run_.recording, run_.setting);
  result_.space_log2 = size.log2;
  result_.open_points = size.open_points;
  ChooseSpace();
  ChooseCopyMode();
  ChooseParts();
  walk_.emplace(contents_, TreeWalk::Options{result_.copied, result_.space.torn,
                                             result_.parts_apart});
  recoveries_.emplace(
      run_.backend, space_, contents_, OptionsOfNested(),
      [this](uint32_t index, const NestedCrashes::Visited& visited) {
        VisitNested(crash_points_[index], visited);
      });
  result_.exhausted = ExplorePrefixes() && ExploreBeyondPrefixes();
  if (judging_) judging_->Finish();
  result_.interrupted = bounds_.interrupted();
  if (!result_.exhausted) {
    const bool ours = bound_of_subwalk_.empty() || MustStop();
    result_.bound = ours ? bounds_.Describe(scheduler_->journal_error())
                         : bound_of_subwalk_;
  }
  Finish();
  if (Status all = pool_.outcomes().AllRun(); !all) {
    return Error{all.error().code,
                 run_.workload.file + ": " + all.error().message};
  }
  return std::move(result_);
}

// --- what is explored --------------------------------------------------------

WorkerPool::Options Explorer::PoolOptions() const {
  WorkerPool::Options pool = WorkerOptionsOf(run_, options_.run);
  pool.jobs = options_.jobs;
  pool.report_reads = true;
  pool.report_writes = options_.nested > 0;
  pool.parts = parts_;
  pool.last_points = contexts_.last_points();
  return pool;
}

NestedOptions Explorer::OptionsOfNested() {
  NestedOptions options;
  options.space = result_.space;
  options.depth = options_.nested;
  options.copied = result_.copied;
  options.finishes_calls = run_.setting.finishes_calls;
  options.seed = options_.seed;
  options.doublecheck = options_.doublecheck;
  options.pool = PoolOptions();
  // The points of a recovery are others.
  options.pool.last_points = nullptr;
  options.stop = [this] { return MustStop(); };
  if (const auto& most = options_.bounds.max_runs) {
    options.runs_left = [this, most] {
      return *most - std::min(*most, runs());
    };
  }
  return options;
}

void Explorer::Describe() {
  const Trace& trace = run_.trace();
  result_.digest = trace.Digest();
  result_.events = trace.event_count();
  for (EventNumber n = 1; n <= trace.event_count(); ++n) {
    const bool persist = trace.event(n).kind == DiskEvent::kPersist;
    ++(persist ? result_.flushes : result_.writes);
  }
  result_.crash_points = crash_points_.size();
  result_.faults = FaultCountsOf(run_.workload, run_.recording.history);
  // There are two passes, unless the prefixes are all that was asked for.
  visits_ = std::max<size_t>(OurVisits().size(), 1);
  if (!PrefixesOnly()) visits_ *= 2;
}

bool Explorer::PrefixesOnly() const {
  return options_.space.mode == ExplorationSpace::kPrefix &&
         options_.space.torn == 0;
}

// The default space follows from the size of the whole space alone, so that
// every shard and every number of jobs comes to the same.
void Explorer::ChooseSpace() {
  if (result_.space.mode != ExplorationSpace::kDefault) return;
  const bool small =
      result_.space_log2 <= run_.backend.traits().default_exhaustive_log2_max;
  result_.space.mode =
      small ? ExplorationSpace::kExhaustive : ExplorationSpace::kEpoch;
  result_.space.count = 1;
}

// Varying copied blocks one by one shrinks only the decision tree of
// `exhaustive`. Other spaces list their states, so copied bytes are filled in.
void Explorer::ChooseCopyMode() {
  if (result_.space.mode == ExplorationSpace::kExhaustive) return;
  if (result_.copied == CopyMode::kVaryEach) {
    result_.copied = CopyMode::kFillIn;
  }
}

// Other spaces list their states.
void Explorer::ChooseParts() {
  if (result_.space.mode != ExplorationSpace::kExhaustive) return;
  if (parts_ != nullptr) result_.parts_apart = parts_->count();
}

// A shard has a range of points, because neighbours share most of their runs.
bool Explorer::IsOurs(size_t index) const {
  return index * options_.shard.count / crash_points_.size() ==
         options_.shard.index - 1;
}

// --- walking -----------------------------------------------------------------

std::vector<Explorer::PointVisit> Explorer::OurVisits() const {
  std::vector<PointVisit> visits;
  for (const CrashKind kind : run_.setting.crash_kinds) {
    for (size_t index = 0; index < crash_points_.size(); ++index) {
      const EventNumber after = crash_points_[index].after;
      if (!IsOurs(index) || !explored_.Has(kind, after)) continue;
      visits.push_back({kind, static_cast<uint32_t>(index)});
    }
  }
  return visits;
}

bool Explorer::ExplorePrefixes() {
  ExplorationSpace prefixes;
  prefixes.mode = ExplorationSpace::kPrefix;
  return WalkPoints(prefixes, /*prefixes_done=*/false);
}

bool Explorer::ExploreBeyondPrefixes() {
  return PrefixesOnly() || WalkPoints(result_.space, /*prefixes_done=*/true);
}

bool Explorer::WalkPoints(const ExplorationSpace& space, bool prefixes_done) {
  const std::vector<PointVisit> visits = OurVisits();
  if (MayWalkApart(space, prefixes_done)) {
    scheduler_->PauseAfter(options_.work_of_walk);
  }
  return WalkVisits(space, prefixes_done, visits);
}

bool Explorer::WalkVisits(const ExplorationSpace& space, bool prefixes_done,
                          std::span<const PointVisit> visits) {
  std::optional<PointWalk> walk;
  for (size_t i = 0; i < visits.size(); ++i) {
    const auto [kind, index] = visits[i];
    if (i == 0 || kind != visits[i - 1].kind) {
      walk.emplace(
          space_, kind, PointWalk::Options{space, options_.seed, prefixes_done},
          *scheduler_,
          [this](const CrashState& state, const Hash128& image, uint32_t at) {
            return SubmitState(state, image, at);
          });
    }
    const bool go_on = walk->WalkPoint(crash_points_[index].after, index);
    if (!go_on || MustStop() || !recoveries_->CrashIfMany()) return false;
    ReportPoint();
    const bool last = i + 1 == visits.size() || visits[i + 1].kind != kind;
    if (last && !scheduler_->Paused()) {
      if (!scheduler_->RunAll() || !recoveries_->CrashAll()) return false;
    }
    if (scheduler_->Paused()) return WalkApart({}, visits.subspan(i + 1));
  }
  return true;
}

bool Explorer::SubmitState(const CrashState& state, const Hash128& disk,
                           uint32_t index) {
  const Hash128 image = scheduler_->InContext(disk, state);
  const auto known = outcome_of_image_.find(image);
  // An image that was seen needs no lookup. With nested crashes the request is
  // submitted all the same, since the recovery's events are needed, too.
  if (options_.nested == 0 && known != outcome_of_image_.end()) {
    scheduler_->Doublecheck(state, known->second);
    Visit(state, crash_points_[index], known->second);
    return true;
  }
  StateRequest request;
  request.state = state;
  request.point_index = index;
  request.image = image;
  scheduler_->Submit(std::move(request));
  return scheduler_->RunReady();
}

// --- visiting ----------------------------------------------------------------

void Explorer::OnOutcome(const StateRequest& request,
                         const StateOutcome& outcome) {
  if (request.image) {
    if (outcome_of_image_.size() >= kImagesMax) outcome_of_image_.clear();
    outcome_of_image_.emplace(*request.image, outcome.id);
  }
  if (!request.seen) {
    Visit(request.state, crash_points_[request.point_index], outcome.id);
    recoveries_->Add(request, outcome);
  }
  if (!request.expand) return;
  walk_->SubmitNext(request, outcome, [this](StateRequest next) {
    if (next_ != nullptr) return next_->push_back(std::move(next));
    scheduler_->Submit(std::move(next));
  });
}

// Judges an outcome at each history of its point. `once` is what recovery shows
// without a second crash, if the two must be the same. `state`, which may cost
// as much as a run, is called only if something is wrong.
template <class MakeState>
void Explorer::JudgeHistories(const CrashPoint& point, CrashKind kind,
                              OutcomeId outcome, std::optional<OutcomeId> once,
                              const MakeState& state) {
  std::optional<ViolatingState> at;
  std::set<std::string> counted;
  const auto add = [&](const Violation& violation, size_t history) {
    if (!at) at = state();
    at->history = history;
    at->state.marks = static_cast<uint32_t>(history - point.history_base);
    const bool again = !counted.insert(violation.cause).second;
    const bool first = groups_.Add(violation, *at, again);
    if (first && options_.hooks.cause_seen) {
      options_.hooks.cause_seen(violation.cause);
    }
  };
  for (size_t h = point.history_min; h <= point.history_max; ++h) {
    const auto& violations = judge_.Violations(outcome, h, kind);
    for (const Violation& violation : violations) add(violation, h);
    if (!once) continue;
    const auto unstable =
        UnstableViolation(judge_, *once, outcome, h, kind, violations);
    if (unstable) add(*unstable, h);
  }
}

void Explorer::Visit(const CrashState& state, const CrashPoint& point,
                     OutcomeId outcome) {
  ++result_.states;
  CountFaults(pool_.outcomes()[outcome]);
  if (options_.hooks.visited) {
    options_.hooks.visited({state, point, outcome, pool_.outcomes()[outcome]});
  }
  if (judging_) return judging_->Visit(state, point, outcome);
  JudgeVisited(state, point, outcome);
}

void Explorer::JudgeVisited(const CrashState& state, const CrashPoint& point,
                            OutcomeId outcome) {
  JudgeHistories(point, state.kind, outcome, std::nullopt,
                 [&] { return ViolatingState{state, 0, outcome, {}, 0, {}}; });
}

void Explorer::VisitNested(const CrashPoint& point,
                           const NestedCrashes::Visited& visited) {
  CountFaults(visited.outcome);
  ++result_.states;
  ++result_.nested_states;
  const OutcomeId outcome = pool_.AddOutcome(visited.outcome);
  if (options_.hooks.visited) {
    options_.hooks.visited(
        {visited.outer, point, outcome, pool_.outcomes()[outcome], true});
  }
  std::optional<OutcomeId> once;
  if (MustBeStable(run_)) once = scheduler_->Known(visited.outer);
  JudgeHistories(point, visited.outer.kind, outcome, once, [&] {
    NestedState state = visited.state();
    // The model knows no trace of a recovery; a check is told the acks by it.
    const bool by_check = CheckOf(run_.setting.oracle) != nullptr;
    if (run_.backend.traits().repeatable || !by_check) state.recovery = nullptr;
    return ViolatingState{std::move(state.outer),
                          0,
                          outcome,
                          std::move(state.inner),
                          state.inner_lost,
                          std::move(state.recovery)};
  });
}

void Explorer::CountFaults(const RecoveryOutcome& outcome) {
  for (const uint32_t number : outcome.faults_fired) {
    ++result_.faults[number - 1].fired;
  }
}

// --- bounds and the end ------------------------------------------------------

uint64_t Explorer::runs() const {
  return scheduler_->runs() + (recoveries_ ? recoveries_->runs() : 0);
}

bool Explorer::MustStop() {
  if (in_copy_) {
    tasks_->Tell(runs());
    if (tasks_->StopAsked()) return true;
  }
  return bounds_.MustStop(runs(), recoveries_ ? recoveries_->runs() : 0);
}

void Explorer::ReportPoint() {
  ++visits_done_;
  if (options_.hooks.progress) ReportProgress(0);
}

void Explorer::ReportProgress(uint64_t runs_elsewhere) {
  options_.hooks.progress(
      {runs() + runs_elsewhere, result_.states, groups_.size(),
       static_cast<double>(visits_done_) / static_cast<double>(visits_)});
}

void Explorer::Finish() {
  result_.runs = runs();
  result_.nested_runs = recoveries_->runs();
  result_.evicted = scheduler_->evicted();
  result_.doublechecked =
      scheduler_->doublechecked() + recoveries_->counts().doublechecks;
  result_.reordered_runs = scheduler_->reordered_runs();
  result_.recoveries = scheduler_->recoveries();
  result_.recoveries += recoveries_->counts();
  if (options_.shard.count > 1) {
    result_.run_keys = scheduler_->run_keys();
    std::sort(result_.run_keys.begin(), result_.run_keys.end());
  }
  const bool all_visited =
      result_.exhausted && result_.space.mode == ExplorationSpace::kExhaustive;
  const bool runs_are_over =
      options_.hooks.runs_are_over && options_.hooks.runs_are_over();
  ConfirmedCauses confirmed = groups_.Confirmed(
      pool_, judge_, all_visited, [this] { return bounds_.MustStopNaming(); },
      runs_are_over);
  result_.recoveries.confirmations = confirmed.recoveries;
  result_.unshown = std::move(confirmed.unshown);
  for (Finding& finding : confirmed.findings) {
    result_.findings.push_back(std::move(finding));
  }
  ReportContradictions();
  std::sort(result_.findings.begin(), result_.findings.end(),
            [](const Finding& a, const Finding& b) {
              return a.violation.cause < b.violation.cause;
            });
}

// Obligations need no crash, so the first shard reports them for all.
void Explorer::CheckObligations() {
  for (Finding& finding : FindingsOfObligations(run_, space_)) {
    if (!options_.list_states) {
      finding.states.clear();
      finding.found_at.clear();
    }
    if (options_.hooks.cause_seen) {
      options_.hooks.cause_seen(finding.violation.cause);
    }
    result_.findings.push_back(std::move(finding));
  }
}

// The state that a contradiction shows if the state at fault is not known.
CrashState Explorer::FirstState() const {
  const EventNumber point = crash_points_.front().after;
  return {point, 0, run_.setting.crash_kinds.front(), CrashState::kNewest, {}};
}

// The first contradiction that is known is enough for a report.
void Explorer::ReportContradictions() {
  if (const auto& two = scheduler_->contradiction()) {
    ReportContradiction(
        two->state,
        DifferenceInWords(pool_.outcomes()[two->earlier],
                          pool_.outcomes()[two->later], "earlier", "later"));
  } else if (const auto& nested = recoveries_->contradiction()) {
    ReportContradiction(nested->outer,
                        "after a second crash, " + nested->found);
  } else if (pool_.unexplained_deaths() + deaths_of_subwalks_ > 0) {
    ReportContradiction(FirstState(),
                        "workers died, and no state makes a worker die again");
  }
}

// After a contradiction, what the cache decided cannot be believed any more. So
// the exploration does not count as exhausted.
void Explorer::ReportContradiction(const CrashState& state,
                                   const std::string& found) {
  result_.exhausted = false;
  result_.bound = "nondeterministic: what the cache answered is unknown";
  Violation violation;
  violation.kind = ViolationKind::kNondeterministic;
  CauseParts parts;
  parts.kind = violation.kind;
  violation.cause = MakeCause(parts);
  violation.admissible = "the same wherever the same is read from the disk";
  violation.found = found;
  const auto same = std::any_of(
      result_.findings.begin(), result_.findings.end(),
      [&](const Finding& f) { return f.violation.cause == violation.cause; });
  if (same) return;
  PointCursor cursor(space_, state.kind);
  cursor.MoveTo(state.point);
  result_.findings.push_back(DescribeFinding(run_, violation, state, cursor));
}

}  // namespace powercut
