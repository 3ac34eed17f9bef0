#include "harness/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/enumerate.h"
#include "harness/judge.h"
#include "harness/obligations.h"

namespace powercut {
namespace {

// Runs of one worker before the next takes over. Small at first, so that short
// explorations use every worker.
constexpr size_t kBatchRunsMin = 64;
constexpr size_t kBatchRunsMax = 4096;
// Visits kept until their outcomes are there.
constexpr size_t kVisitsMax = 1 << 16;

// Adds 2^log2 to a sum that is itself kept as log2; negative infinity is 0.
void AddPowerOfTwo(double& sum_log2, double log2) {
  const double larger = std::max(sum_log2, log2);
  const double smaller = std::min(sum_log2, log2);
  sum_log2 = larger + std::log2(1 + std::exp2(smaller - larger));
}

// The states found with one cause; the simplest is shown.
struct CauseGroup {
  uint64_t count = 0;
  std::vector<std::string> states;
  uint64_t lost_blocks = 0;
  CrashState state;
  std::string step;  // text of the canonical step, once it had to be compared
  size_t history = 0;
  Violation violation;
  OutcomeId outcome = 0;
};

struct Visit {
  CrashState state;
  uint32_t content = 0;  // which run
  const Gap* gap = nullptr;
};

class Explorer {
 public:
  Explorer(Backend& backend, const Workload& workload, const Setting& setting,
           const Recording& recording, const ExploreOptions& options)
      : backend_(backend),
        workload_(workload),
        setting_(setting),
        recording_(recording),
        options_(options),
        space_(recording.trace, setting.atomic_bytes),
        gaps_(GapsOf(recording)),
        pool_(backend, space_,
              {options.jobs,
               {options.probe, PathsNamedBy(workload)},
               options.limits}),
        judge_(workload, setting, recording, pool_.outcomes()),
        began_ms_(MonotonicMs()) {
    pool_.set_done(
        [this](const Batch& batch, const std::vector<OutcomeId>& outcomes) {
          TakeOutcomes(batch, outcomes);
        });
  }

  // log2 of the number of states of all points and kinds.
  double MeasureSpace() {
    space_log2_ = -std::numeric_limits<double>::infinity();
    for (const CrashKind kind : setting_.crash_kinds) {
      PointCursor cursor(space_, kind);
      for (const Gap& gap : gaps_) {
        cursor.MoveTo(gap.point);
        AddPowerOfTwo(space_log2_, cursor.SpaceLog2());
      }
    }
    return space_log2_;
  }

  Exploration Run() {
    Describe();
    if (options_.shard.index == 1) CheckObligations();
    space_log2_ = -std::numeric_limits<double>::infinity();
    SpaceSpec prefix;
    prefix.mode = SpaceSpec::kPrefix;
    // The prefixes of all points and kinds first: what they find is real for
    // every device.
    bool go_on = Pass(prefix, /*prefixes_done=*/false);
    // The first pass measures it by the way, if it comes to its end.
    if (!go_on) MeasureSpace();
    result_.space_log2 = space_log2_;
    if (go_on && !PrefixesOnly()) {
      go_on = Pass(options_.space, /*prefixes_done=*/true);
    }
    if (result_.interrupted) {
      pool_.Cancel();
    } else {
      pool_.Drain();
    }
    result_.exhausted = go_on;
    if (options_.shard.count > 1) ListRunKeys();
    Confirm();
    return std::move(result_);
  }

 private:
  bool PrefixesOnly() const {
    return options_.space.mode == SpaceSpec::kPrefix &&
           options_.space.torn == 0;
  }

  // The points of this shard are dealt out in turn.
  bool IsOurs(const Gap& gap) const {
    const auto index = static_cast<uint64_t>(&gap - gaps_.data());
    return index % options_.shard.count == options_.shard.index - 1;
  }

  void ListRunKeys() {
    for (const auto& [hash, run] : contents_) result_.run_keys.push_back(hash);
    std::sort(result_.run_keys.begin(), result_.run_keys.end());
  }

  void Describe() {
    const Trace& trace = recording_.trace;
    result_.digest = trace.Digest();
    result_.events = trace.event_count();
    for (EventNumber n = 1; n <= trace.event_count(); ++n) {
      const bool persist = trace.event(n).kind == DiskEvent::kPersist;
      ++(persist ? result_.flushes : result_.writes);
    }
    result_.crash_points = gaps_.size();
    passes_ = (PrefixesOnly() ? 1 : 2) * setting_.crash_kinds.size();
  }

  // All points of all kinds, without the prefixes if they were visited before;
  // false if a bound ended it.
  bool Pass(const SpaceSpec& space, bool prefixes_done) {
    for (const CrashKind kind : setting_.crash_kinds) {
      PointCursor cursor(space_, kind);
      for (const Gap& gap : gaps_) {
        cursor.MoveTo(gap.point);
        if (!prefixes_done) AddPowerOfTwo(space_log2_, cursor.SpaceLog2());
        if (!IsOurs(gap)) continue;
        const bool go_on = EnumerateStates(
            cursor, space, options_.seed,
            [&](const CrashState& state, const Hash128& hash) {
              if (prefixes_done && state.origin == CrashState::kNewest &&
                  state.choices.empty()) {
                return true;
              }
              return VisitState(state, hash, gap);
            });
        if (!go_on || !GoOn()) {
          Flush();
          return false;
        }
        ++points_done_;
      }
      Flush();  // a batch has one crash kind
    }
    return true;
  }

  bool VisitState(const CrashState& state, const Hash128& hash,
                  const Gap& gap) {
    const auto [entry, added] =
        contents_.emplace(hash, static_cast<uint32_t>(contents_.size()));
    if (added) {
      if (options_.max_runs && result_.runs >= *options_.max_runs) {
        contents_.erase(entry);
        result_.bound = fmt::format("--max-runs {}", *options_.max_runs);
        return false;
      }
      ++result_.runs;
      runs_.push_back(state);
    }
    ++result_.states;
    visits_.push_back({state, entry->second, &gap});
    if (runs_.size() < batch_runs_ && visits_.size() < kVisitsMax) return true;
    Flush();
    return GoOn();
  }

  bool GoOn() {
    if (options_.interrupted && options_.interrupted()) {
      result_.interrupted = true;
      result_.bound = "interrupted";
      return false;
    }
    if (options_.budget_ms && MonotonicMs() - began_ms_ > *options_.budget_ms) {
      result_.bound = fmt::format("--budget of {} ms", *options_.budget_ms);
      return false;
    }
    return true;
  }

  void Flush() {
    if (visits_.empty()) return;
    batch_runs_ = std::min(batch_runs_ * 2, kBatchRunsMax);
    under_way_.push_back(std::move(visits_));
    visits_.clear();
    pool_.Submit(std::exchange(runs_, {}));
    if (!options_.progress) return;
    const double all = static_cast<double>(gaps_.size() * passes_);
    options_.progress({result_.runs, result_.states, groups_.size(),
                       static_cast<double>(points_done_) / all});
  }

  void TakeOutcomes(const Batch&, const std::vector<OutcomeId>& outcomes) {
    outcome_of_.insert(outcome_of_.end(), outcomes.begin(), outcomes.end());
    const std::vector<Visit> visits = std::move(under_way_.front());
    under_way_.pop_front();
    for (const Visit& visit : visits) JudgeVisit(visit);
  }

  void JudgeVisit(const Visit& visit) {
    const OutcomeId outcome = outcome_of_[visit.content];
    if (options_.visited) {
      options_.visited(
          {visit.state, *visit.gap, outcome, pool_.outcomes()[outcome]});
    }
    std::map<std::string, bool> counted;
    for (size_t h = visit.gap->history_min; h <= visit.gap->history_max; ++h) {
      for (const Violation& violation :
           judge_.Ask(outcome, h, visit.state.kind)) {
        CrashState state = visit.state;
        state.marks = static_cast<uint32_t>(h - visit.gap->history_base);
        const bool again = !counted.emplace(violation.cause, true).second;
        AddToGroup(violation, std::move(state), h, outcome, again);
      }
    }
  }

  // Counts a violating state, and keeps it if it is simpler than the one kept.
  void AddToGroup(const Violation& violation, CrashState state, size_t history,
                  OutcomeId outcome, bool counted) {
    const auto [entry, added] = groups_.try_emplace(violation.cause);
    CauseGroup& group = entry->second;
    if (added && options_.cause_seen) options_.cause_seen(violation.cause);
    if (!counted) ++group.count;
    // Cursors by kind, to count blocks at the state's point.
    auto& cursor = cursors_[state.kind];
    if (cursor == nullptr) {
      cursor = std::make_unique<PointCursor>(space_, state.kind);
    }
    if (options_.list_states && !counted) {
      cursor->MoveTo(state.point);
      group.states.push_back(StateIdText(
          {{CanonicalStep(state, *cursor)}, recording_.trace.Digest()}));
    }
    // A prefix beats whatever lost a block, without walking the cursor there.
    if (!added && group.lost_blocks == 0 && !state.choices.empty() &&
        state.origin == CrashState::kNewest) {
      return;
    }
    cursor->MoveTo(state.point);
    const uint64_t lost = LostBlocks(state, *cursor);
    if (!added) {
      const auto now = std::tuple(lost, state.point, state.marks);
      const auto best =
          std::tuple(group.lost_blocks, group.state.point, group.state.marks);
      if (now > best) return;
      if (now == best) {
        const std::string step = CrashStepText(CanonicalStep(state, *cursor));
        if (group.step.empty()) {
          auto& other = cursors_[group.state.kind];
          other->MoveTo(group.state.point);
          group.step = CrashStepText(CanonicalStep(group.state, *other));
        }
        if (step >= group.step) return;
      }
    }
    group.lost_blocks = lost;
    group.state = std::move(state);
    group.step.clear();
    group.history = history;
    group.violation = violation;
    group.outcome = outcome;
  }

  void CheckObligations() {
    for (const UnmetObligation& unmet :
         FindUnmetObligations(workload_, *setting_.profile, recording_, space_,
                              backend_.traits().sync_covers_disk)) {
      Finding finding = DescribeObligation(unmet);
      const auto same =
          std::find_if(result_.findings.begin(), result_.findings.end(),
                       [&](const Finding& f) {
                         return f.violation.cause == finding.violation.cause;
                       });
      if (same != result_.findings.end()) {
        ++same->count;
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

  // Runs each group's shown state again alone in a fresh worker.
  void Confirm() {
    std::map<std::string, CauseGroup> groups;
    for (auto& [cause, group] : groups_) {
      bool confirmed = false;
      for (int attempt = 0; attempt < 2 && !confirmed; ++attempt) {
        confirmed = pool_.RunAlone(group.state) == group.outcome;
      }
      if (!confirmed) Disbelieve(group);
      MergeGroup(groups, std::move(group));
    }
    for (const auto& [cause, group] : groups) {
      auto& cursor = cursors_[group.state.kind];
      cursor->MoveTo(group.state.point);
      Finding finding =
          DescribeFinding({workload_, recording_.trace, recording_.history},
                          group.violation, group.state, *cursor);
      finding.count = group.count;
      finding.states = group.states;
      finding.excuses = ExcusesOf(group);
      result_.findings.push_back(std::move(finding));
    }
    std::sort(result_.findings.begin(), result_.findings.end(),
              [](const Finding& a, const Finding& b) {
                return a.violation.cause < b.violation.cause;
              });
  }

  // Groups that were not confirmed may share a cause now.
  static void MergeGroup(std::map<std::string, CauseGroup>& groups,
                         CauseGroup group) {
    const auto [entry, added] =
        groups.try_emplace(group.violation.cause, group);
    if (added) return;
    CauseGroup& other = entry->second;
    const uint64_t count = other.count + group.count;
    std::vector<std::string> states = std::move(other.states);
    states.insert(states.end(), group.states.begin(), group.states.end());
    const auto place = [](const CauseGroup& g) {
      return std::tuple(g.lost_blocks, g.state.point, g.state.marks);
    };
    if (place(group) < place(other)) other = std::move(group);
    other.count = count;
    other.states = std::move(states);
  }

  void Disbelieve(CauseGroup& group) {
    CauseParts parts;
    parts.kind = ViolationKind::kNondeterministic;
    if (group.violation.op > 0) {
      parts.op = workload_.OpNumber(group.violation.op).kind;
    }
    group.violation.kind = parts.kind;
    group.violation.found =
        fmt::format("in a batch: {}; alone in a fresh process: something else",
                    group.violation.found);
    group.violation.cause = MakeCause(parts);
  }

  std::vector<std::string> ExcusesOf(const CauseGroup& group) const {
    std::vector<std::string> excuses;
    for (const ProfileSwitch& flip : ProfileSwitches()) {
      Profile profile = *setting_.profile;
      profile.*flip.member = !(profile.*flip.member);
      // Only a switch that then admits more or promises less can excuse.
      if (profile.*flip.member != flip.widens) continue;
      const auto violations =
          judge_.AskUnder(profile, pool_.outcomes()[group.outcome],
                          group.history, group.state.kind);
      const bool still = std::any_of(
          violations.begin(), violations.end(),
          [&](const Violation& v) { return v.path == group.violation.path; });
      if (!still) excuses.emplace_back(flip.name);
    }
    return excuses;
  }

  Backend& backend_;
  const Workload& workload_;
  const Setting& setting_;
  const Recording& recording_;
  const ExploreOptions& options_;
  CrashSpace space_;
  std::vector<Gap> gaps_;
  WorkerPool pool_;
  Judge judge_;
  uint64_t began_ms_;

  Exploration result_;
  double space_log2_ = -std::numeric_limits<double>::infinity();
  uint64_t passes_ = 1;
  uint64_t points_done_ = 0;
  size_t batch_runs_ = kBatchRunsMin;

  // Which run has these contents; runs are numbered in order.
  std::unordered_map<Hash128, uint32_t, Hash128Hasher> contents_;
  std::vector<OutcomeId> outcome_of_;  // by run
  std::vector<Visit> visits_;
  Batch runs_;
  std::deque<std::vector<Visit>> under_way_;  // by batch
  std::map<std::string, CauseGroup> groups_;
  std::map<CrashKind, std::unique_ptr<PointCursor>> cursors_;
};

}  // namespace

Result<Exploration> Explore(Backend& backend, const Workload& workload,
                            const Setting& setting, const Recording& recording,
                            const ExploreOptions& options) {
  Explorer explorer(backend, workload, setting, recording, options);
  if (options.space.mode == SpaceSpec::kExhaustive) {
    const double log2 = explorer.MeasureSpace();
    if (log2 > kExhaustiveLog2Max) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("{}: space exhaustive: there are 2^{:.1f} "
                               "states, and up to 2^{} are offered; epoch:K, "
                               "sample:N and prefix take a part of them",
                               workload.file, log2, kExhaustiveLog2Max)};
    }
  }
  return explorer.Run();
}

}  // namespace powercut
