// Decision trees are walked in several processes, because one process cannot
// look up, judge and count for many workers.
//
// A walk begins in one process. When it has done some work, it is cut: the
// requests that are left are put into groups that need no common run
// (GroupsApart()), and each process that is forked walks some of the groups. It
// is a copy of this one, so that it knows all runs that were made before, and
// has workers of its own. No storage code runs in it, so that what it tells can
// be believed. It tells a summary, which is added to what this process found. A
// copy whose walk becomes long cuts it in turn, so that nobody need know
// beforehand how much work lies below a request.
//
// Where a walk is cut depends on the work that it has done, not on the number
// of workers or on time, so that the counts of runs are the same for any number
// of workers. With no workers the parts are walked here one after the other.
//
// A copy that was killed tells nothing. Its part is walked here.

#include <algorithm>
#include <iterator>
#include <utility>

#include "harness/explore/explorer.h"
#include "harness/explore/subwalk_summary.h"

namespace powercut {
namespace {

// A walk is cut into at most so many parts. The parts are cut in turn.
constexpr size_t kSubwalksMax = 8;
// How often a group is split before the walk goes on in one process.
constexpr int kSplitsMax = 16;
// With so many requests in memory for each unit of
// ExploreOptions::work_of_walk, the roots of later points wait.
constexpr size_t kOpenOfWork = 16;

}  // namespace

// What needs an order over all states, or every state in this process, is
// walked in this process.
bool Explorer::MayWalkApart(const ExplorationSpace& space,
                            bool prefixes_done) const {
  return space.mode == ExplorationSpace::kExhaustive && prefixes_done &&
         options_.nested == 0 && !options_.bounds.max_runs &&
         options_.resume.empty() && !options_.hooks.visited;
}

// Goes on with a paused walk, then with `requests` and `visits`.
bool Explorer::WalkApart(Subwalk requests, std::span<const PointVisit> visits) {
  if (judging_) judging_->Finish();
  scheduler_->PauseAfter(std::nullopt);
  Subwalk open = scheduler_->TakeRequests();
  std::move(requests.begin(), requests.end(), std::back_inserter(open));
  if (!ExpandRoots(visits, open)) return false;
  auto groups = Split(std::move(open));
  if (!groups) return false;
  std::vector<Subwalk> subwalks = DealGroups(std::move(*groups), kSubwalksMax);
  // What cannot be cut here may be cut further below.
  if (subwalks.size() == 1) return WalkRequests(std::move(subwalks[0]), visits);
  if (!WalkEach(subwalks)) return false;
  return WalkRequests({}, visits);
}

// Decides the requests, and puts those that follow from them into `next`.
bool Explorer::Expand(Subwalk requests, Subwalk& next) {
  next_ = &next;
  bool go_on = true;
  for (const CrashKind kind : run_.setting.crash_kinds) {
    for (StateRequest& request : requests) {
      if (request.state.kind == kind) scheduler_->Submit(std::move(request));
    }
    go_on = go_on && scheduler_->RunAll();
  }
  next_ = nullptr;
  return go_on;
}

// The roots are decided by the runs of the prefixes. Leaves the visits for
// which there is no room.
bool Explorer::ExpandRoots(std::span<const PointVisit>& visits, Subwalk& next) {
  const uint64_t open_max = kOpenOfWork * options_.work_of_walk;
  while (!visits.empty() && next.size() < open_max) {
    const auto [kind, index] = visits.front();
    StateRequest root = TreeWalk::Root(crash_points_[index].after, kind, index);
    root.seen = true;
    Subwalk roots;
    roots.push_back(std::move(root));
    if (!Expand(std::move(roots), next) || MustStop()) return false;
    visits = visits.subspan(1);
  }
  return true;
}

// Expands what stands at the top of the largest group until there are enough
// groups. `std::nullopt` if a bound ended it.
std::optional<std::vector<RequestGroup>> Explorer::Split(Subwalk open) {
  const ContextOf context_of = contexts_.context_of();
  auto groups = GroupsApart(std::move(open), contents_, context_of);
  for (int i = 0; i < kSplitsMax && groups.size() < kSubwalksMax; ++i) {
    const auto largest = std::max_element(
        groups.begin(), groups.end(),
        [](const auto& a, const auto& b) { return a.size() < b.size(); });
    if (largest == groups.end()) break;
    Subwalk next = std::move(largest->others);
    if (!Expand(std::move(largest->tops), next)) return std::nullopt;
    groups.erase(largest);
    for (RequestGroup& group :
         GroupsApart(std::move(next), contents_, context_of)) {
      groups.push_back(std::move(group));
    }
  }
  return groups;
}

bool Explorer::WalkEach(const std::vector<Subwalk>& subwalks) {
  std::vector<size_t> left;
  bool finished = true;
  // A copy must find no task under way, and cutting the walk visited states.
  if (judging_) judging_->Finish();
  if (options_.jobs == 0) {
    for (size_t i = 0; i < subwalks.size(); ++i) left.push_back(i);
  } else {
    if (!tasks_) tasks_.emplace(options_.jobs);
    tasks_->Run(
        subwalks.size(), [&](size_t i) { return WalkInCopy(subwalks[i]); },
        [&](size_t i, const TaskResult& result) {
          if (!result || !TakeSummary(*result, finished)) left.push_back(i);
        },
        [&](uint64_t runs_of_copies) {
          if (in_copy_) {
            tasks_->Tell(runs() + runs_of_copies);
          } else if (options_.hooks.progress) {
            ReportProgress(runs_of_copies);
          }
          return !finished || MustStop();
        });
  }
  for (const size_t i : left) {
    finished = finished && WalkRequests(subwalks[i], {});
  }
  return finished;
}

bool Explorer::WalkRequests(Subwalk requests,
                            std::span<const PointVisit> visits) {
  scheduler_->PauseAfter(options_.work_of_walk);
  for (const CrashKind kind : run_.setting.crash_kinds) {
    Subwalk others;
    for (StateRequest& request : requests) {
      if (request.state.kind != kind) {
        others.push_back(std::move(request));
      } else {
        scheduler_->Submit(std::move(request));
      }
    }
    requests = std::move(others);
    if (!scheduler_->RunAll()) return false;
    if (scheduler_->Paused()) return WalkApart(std::move(requests), visits);
  }
  return WalkVisits(result_.space, /*prefixes_done=*/true, visits);
}

// Runs in a copy of this process.
std::string Explorer::WalkInCopy(const Subwalk& subwalk) {
  in_copy_ = true;
  judging_.reset();
  pool_.StartApart();
  scheduler_->ForgetCounts();
  groups_.Clear();
  result_.states = 0;
  for (FaultCount& fault : result_.faults) fault.fired = 0;
  deaths_of_subwalks_ = 0;
  bound_of_subwalk_.clear();

  SubwalkSummary summary;
  summary.finished = WalkRequests(subwalk, {});
  summary.states = result_.states;
  for (const FaultCount& fault : result_.faults) {
    summary.faults_fired.push_back(fault.fired);
  }
  summary.counts = scheduler_->counts();
  summary.unexplained_deaths = pool_.unexplained_deaths() + deaths_of_subwalks_;
  summary.causes = groups_.Summaries();
  summary.bound = bound_of_subwalk_;
  if (!summary.finished && summary.bound.empty() &&
      bounds_.MustStop(runs(), 0)) {
    summary.bound = bounds_.Describe("");
  }
  const OutcomeTable& outcomes = pool_.outcomes();
  for (OutcomeId id = 0; !outcomes.AllRun() && id < outcomes.size(); ++id) {
    const auto kind = outcomes[id].kind;
    if (kind == RecoveryOutcome::kNotRun || kind == RecoveryOutcome::kOwnBug) {
      summary.not_run = id;
    }
  }
  return EncodeSubwalkSummary(summary, outcomes);
}

// Adds what a copy tells. False if it cannot be read.
bool Explorer::TakeSummary(std::string_view bytes, bool& finished) {
  const auto summary = DecodeSubwalkSummary(bytes, pool_);
  if (!summary || summary->faults_fired.size() != result_.faults.size()) {
    return false;
  }
  result_.states += summary->states;
  for (size_t i = 0; i < result_.faults.size(); ++i) {
    result_.faults[i].fired += summary->faults_fired[i];
  }
  scheduler_->AddCounts(summary->counts);
  deaths_of_subwalks_ += summary->unexplained_deaths;
  for (const CauseSummary& cause : summary->causes) {
    const bool first = groups_.AddSummary(cause);
    if (first && options_.hooks.cause_seen) {
      options_.hooks.cause_seen(cause.violation.cause);
    }
  }
  finished = finished && summary->finished;
  if (bound_of_subwalk_.empty()) bound_of_subwalk_ = summary->bound;
  return true;
}

}  // namespace powercut
