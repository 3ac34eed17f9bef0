#include "harness/explore.h"

#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "harness/base/monotonic_clock.h"
#include "harness/cause_groups.h"
#include "harness/enumerate.h"
#include "harness/judge.h"
#include "harness/obligations.h"
#include "model/data_atoms.h"

namespace powercut {
namespace {

// Images whose outcome is remembered, so that a state that leaves the same disk
// as an earlier one needs no lookup.
constexpr size_t kImagesMax = 1 << 22;

// Adds 2^log2 to a sum that is itself kept as log2; negative infinity is 0.
void AddPowerOfTwo(double& sum_log2, double log2) {
  const double larger = std::max(sum_log2, log2);
  const double smaller = std::min(sum_log2, log2);
  sum_log2 = larger + std::log2(1 + std::exp2(smaller - larger));
}

CopiedData CopiedDataFor(const ExploreOptions& options,
                         const Workload& workload, const Setting& setting) {
  if (options.probe) return CopiedData::kRead;
  if (options.copied != CopiedData::kApart) return options.copied;
  // Conditions may speak of several blocks at once.
  const bool apart =
      workload.outcomes.empty() && DataAtomsApart(*setting.profile, workload);
  return apart ? CopiedData::kApart : CopiedData::kFilled;
}

class Explorer {
 public:
  Explorer(Backend& backend, const Workload& workload, const Setting& setting,
           const Recording& recording, const ExploreOptions& options,
           RunJournal* journal)
      : backend_(backend),
        workload_(workload),
        setting_(setting),
        recording_(recording),
        options_(options),
        space_(recording.trace, setting.atomic_bytes),
        contents_(space_),
        gaps_(GapsOf(recording)),
        pool_(backend, space_, PoolOptions()),
        judge_(workload, setting, recording, pool_.outcomes()),
        groups_({workload, setting, recording, space_, options.list_states}),
        began_ms_(MonotonicMs()) {
    result_.copied = CopiedDataFor(options, workload, setting);
    result_.space = options.space;
    answers_.emplace(
        pool_, contents_,
        StateAnswers::Options{result_.copied, options.cache_bytes,
                              options.max_runs, options.doublecheck,
                              options.seed, journal,
                              [this] { return MustStop(); }},
        [this](const StateQuestion& question, const StateAnswer& answer) {
          Take(question, answer);
        });
  }

  Exploration Run() {
    Describe();
    if (options_.shard.index == 1) CheckObligations();
    // The prefixes of all points and kinds first: what they find is real for
    // every device.
    bool go_on = Enumerate({.mode = SpaceSpec::kPrefix}, false);
    MeasureSpace();
    if (go_on) go_on = Rest();
    result_.exhausted = go_on;
    if (!go_on) NameBound();
    Finish();
    return std::move(result_);
  }

 private:
  WorkerPool::Options PoolOptions() const {
    WorkerPool::Options pool;
    pool.jobs = options_.jobs;
    pool.recovery = {options_.probe, PathsNamedBy(workload_)};
    pool.limits = options_.limits;
    pool.report_reads = true;
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
    result_.crash_points = gaps_.size();
    const uint64_t ours =
        (gaps_.size() + options_.shard.count - options_.shard.index) /
        options_.shard.count;
    points_ = std::max<uint64_t>(ours, 1) * setting_.crash_kinds.size();
    if (!PrefixesOnly()) points_ *= 2;
  }

  bool PrefixesOnly() const {
    return options_.space.mode == SpaceSpec::kPrefix &&
           options_.space.torn == 0;
  }

  // log2 of the number of states of all points and kinds.
  void MeasureSpace() {
    result_.space_log2 = -std::numeric_limits<double>::infinity();
    for (const CrashKind kind : setting_.crash_kinds) {
      PointCursor cursor(space_, kind);
      for (const Gap& gap : gaps_) {
        cursor.MoveTo(gap.point);
        AddPowerOfTwo(result_.space_log2, cursor.SpaceLog2());
      }
    }
  }

  // All but the prefixes.
  bool Rest() {
    if (PrefixesOnly()) return true;
    if (options_.space.mode == SpaceSpec::kExhaustive) return WalkTrees();
    if (options_.space.mode != SpaceSpec::kDefault) {
      return Enumerate(options_.space, true);
    }
    trial_ = true;
    result_.space = {.mode = SpaceSpec::kExhaustive,
                     .count = 1,
                     .torn = options_.space.torn};
    const bool exhausted = WalkTrees();
    trial_ = false;
    if (exhausted || !(trial_over_ || deaths_hide_)) return exhausted;
    deaths_hide_ = false;
    answers_->Forget();
    result_.space.mode = SpaceSpec::kEpoch;
    return Enumerate(result_.space, true);
  }

  // The points of this shard are dealt out in turn.
  bool IsOurs(size_t gap) const {
    return gap % options_.shard.count == options_.shard.index - 1;
  }

  // The states of a space at all points of all kinds, without the prefixes if
  // they were visited before; false if a bound ended it.
  bool Enumerate(const SpaceSpec& space, bool prefixes_done) {
    for (const CrashKind kind : setting_.crash_kinds) {
      PointCursor cursor(space_, kind);
      for (size_t gap = 0; gap < gaps_.size(); ++gap) {
        if (!IsOurs(gap)) continue;
        cursor.MoveTo(gaps_[gap].point);
        const bool go_on = EnumerateStates(
            cursor, space, options_.seed,
            [&](const CrashState& state, const Hash128& hash) {
              if (prefixes_done && state.origin == CrashState::kNewest &&
                  state.choices.empty()) {
                return true;
              }
              return AskState(state, hash, gap);
            });
        if (!go_on || MustStop()) return false;
        PointDone();
      }
      if (!answers_->Work(/*all=*/true)) return false;
    }
    return true;
  }

  bool AskState(const CrashState& state, const Hash128& hash, size_t gap) {
    const auto known = outcome_of_image_.find(hash);
    if (known != outcome_of_image_.end()) {
      answers_->Doublecheck(state, known->second);
      VisitOnce(state, hash, gap, known->second);
      return true;
    }
    StateQuestion question;
    question.state = state;
    question.gap = static_cast<uint32_t>(gap);
    question.image = hash;
    answers_->Ask(std::move(question));
    return answers_->Work(/*all=*/false);
  }

  // Every point's decision tree; false if a bound ended it, or if deaths hide
  // some of it.
  bool WalkTrees() {
    for (const CrashKind kind : setting_.crash_kinds) {
      PointCursor cursor(space_, kind);
      for (size_t gap = 0; gap < gaps_.size(); ++gap) {
        if (!IsOurs(gap)) continue;
        cursor.MoveTo(gaps_[gap].point);
        newest_hash_[static_cast<size_t>(kind)][gap] = cursor.newest_hash();
        StateQuestion root;
        root.state.point = gaps_[gap].point;
        root.state.kind = kind;
        root.gap = static_cast<uint32_t>(gap);
        root.expand = root.seen = true;
        answers_->Ask(std::move(root));
        if (!answers_->Work(/*all=*/false) || MustStop()) return false;
        PointDone();
      }
      if (!answers_->Work(/*all=*/true)) return false;
    }
    return !deaths_hide_;
  }

  void Take(const StateQuestion& question, const StateAnswer& answer) {
    if (question.image) {
      if (outcome_of_image_.size() >= kImagesMax) outcome_of_image_.clear();
      outcome_of_image_.emplace(*question.image, answer.outcome);
      VisitOnce(question.state, *question.image, question.gap, answer.outcome);
    } else if (!question.seen) {
      if (trial_) visited_.insert(VisitKey(ImageOf(question), question));
      Visit(question.state, gaps_[question.gap], answer.outcome);
    }
    if (question.expand) Expand(question, answer);
  }

  // --- the decision tree ----------------------------------------------------

  // Asks the states that differ from this one in one block read behind the last
  // one that was decided.
  void Expand(const StateQuestion& question, const StateAnswer& answer) {
    const RecoveryOutcome& outcome = pool_.outcomes()[answer.outcome];
    if (outcome.kind != RecoveryOutcome::kObserved && answer.path.empty()) {
      // What it had read died with it: which states do the same is unknown.
      deaths_hide_ = true;
      return;
    }
    bool behind = !question.branched;
    for (const ContentId read : answer.path) {
      const Slot slot = contents_.slot(read);
      if (behind) Branch(question, slot, /*expand=*/true);
      behind |= slot == question.branched;
    }
    const bool apart = result_.copied == CopiedData::kApart;
    for (const Slot slot : answer.copied) {
      if (behind) Branch(question, slot, /*expand=*/!apart);
      behind |= slot == question.branched;
    }
    if (!behind) Contradict(question.state);
  }

  void Branch(const StateQuestion& question, Slot slot, bool expand) {
    const CrashState& state = question.state;
    const bool tear = question.torn < options_.space.torn;
    const auto options = contents_.Options(state.point, state.kind, slot, tear);
    for (size_t i = 1; i < options.size(); ++i) {
      StateQuestion next;
      next.state = state;
      const auto at = std::lower_bound(
          next.state.choices.begin(), next.state.choices.end(), slot,
          [](const BlockChoice& c, Slot s) { return c.slot < s; });
      next.state.choices.insert(at, options[i]);
      next.gap = question.gap;
      next.expand = expand;
      next.branched = slot;
      next.torn = question.torn + (options[i].torn.count > 0 ? 1 : 0);
      answers_->Ask(std::move(next));
    }
  }

  Hash128 ImageOf(const StateQuestion& question) {
    const CrashState& state = question.state;
    Hash128 hash = newest_hash_[static_cast<size_t>(state.kind)][question.gap];
    for (const BlockChoice& choice : state.choices) {
      hash ^= contents_.hash(contents_.Of(choice));
      hash ^= contents_.hash(contents_.Of(
          choice.slot, contents_.NewestAt(state.point, choice.slot)));
    }
    return hash;
  }

  // --- visiting -------------------------------------------------------------

  static Hash128 VisitKey(Hash128 image, const StateQuestion& question) {
    return VisitKey(image, question.state.kind, question.gap);
  }
  static Hash128 VisitKey(Hash128 image, CrashKind kind, size_t gap) {
    const std::array<uint64_t, 2> place = {gap, static_cast<uint64_t>(kind)};
    return image ^ HashBytes(std::as_bytes(std::span(place)), 1);
  }

  // Not again what the trial visited.
  void VisitOnce(const CrashState& state, const Hash128& image, size_t gap,
                 OutcomeId outcome) {
    if (!visited_.empty() &&
        visited_.contains(VisitKey(image, state.kind, gap))) {
      return;
    }
    Visit(state, gaps_[gap], outcome);
  }

  void Visit(const CrashState& state, const Gap& gap, OutcomeId outcome) {
    ++result_.states;
    if (options_.visited) {
      options_.visited({state, gap, outcome, pool_.outcomes()[outcome]});
    }
    std::set<std::string> counted;
    for (size_t h = gap.history_min; h <= gap.history_max; ++h) {
      for (const Violation& violation : judge_.Ask(outcome, h, state.kind)) {
        ViolatingState at{state, h, outcome};
        at.state.marks = static_cast<uint32_t>(h - gap.history_base);
        const bool again = !counted.insert(violation.cause).second;
        const bool first = groups_.Add(violation, at, again);
        if (first && options_.cause_seen) options_.cause_seen(violation.cause);
      }
    }
  }

  // --- bounds and progress --------------------------------------------------

  bool MustStop() {
    if (trial_ && (answers_->runs() > kTrialRunsMax ||
                   visited_.size() > kTrialStatesMax)) {
      trial_over_ = true;
      return true;
    }
    if (options_.interrupted && options_.interrupted()) {
      result_.interrupted = true;
      return true;
    }
    over_budget_ =
        options_.budget_ms && MonotonicMs() - began_ms_ > *options_.budget_ms;
    return over_budget_;
  }

  void NameBound() {
    if (result_.interrupted) {
      result_.bound = "interrupted";
    } else if (deaths_hide_) {
      result_.bound = "recovery died or hung, and what it had read is unknown";
    } else if (over_budget_) {
      result_.bound = fmt::format("--budget of {} ms", *options_.budget_ms);
    } else if (!answers_->journal_error().empty()) {
      result_.bound = answers_->journal_error();
    } else {
      result_.bound = fmt::format("--max-runs {}", *options_.max_runs);
    }
  }

  void PointDone() {
    ++points_done_;
    if (!options_.progress) return;
    options_.progress(
        {answers_->runs(), result_.states, groups_.size(),
         static_cast<double>(points_done_) / static_cast<double>(points_)});
  }

  // --- the end --------------------------------------------------------------

  void Finish() {
    result_.runs = answers_->runs();
    result_.evicted = answers_->evicted();
    result_.doublechecked = answers_->doublechecked();
    if (options_.shard.count > 1) {
      result_.run_keys = answers_->run_keys();
      std::sort(result_.run_keys.begin(), result_.run_keys.end());
    }
    for (Finding& finding : groups_.Confirmed(pool_, judge_)) {
      result_.findings.push_back(std::move(finding));
    }
    if (answers_->contradiction()) Contradict(*answers_->contradiction());
    if (pool_.unexplained_deaths() > 0) {
      Contradict({gaps_.front().point,
                  0,
                  setting_.crash_kinds.front(),
                  CrashState::kNewest,
                  {}});
    }
    if (contradiction_) ReportContradiction();
    std::sort(result_.findings.begin(), result_.findings.end(),
              [](const Finding& a, const Finding& b) {
                return a.violation.cause < b.violation.cause;
              });
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
  const Setting& setting_;
  const Recording& recording_;
  const ExploreOptions& options_;
  CrashSpace space_;
  BlockContents contents_;
  std::vector<Gap> gaps_;
  WorkerPool pool_;
  Judge judge_;
  CauseGroups groups_;
  std::optional<StateAnswers> answers_;
  uint64_t began_ms_;

  Exploration result_;
  uint64_t points_ = 1;
  uint64_t points_done_ = 0;
  bool over_budget_ = false;

  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> outcome_of_image_;
  // By kind and crash point: the image with everything persisted.
  std::array<std::map<size_t, Hash128>, kCrashKinds.size()> newest_hash_;
  // The default space's trial, and what it visited.
  bool trial_ = false;
  bool trial_over_ = false;
  // A recovery of a tree died: the states behind it were not visited.
  bool deaths_hide_ = false;
  std::unordered_set<Hash128, Hash128Hasher> visited_;
  std::optional<CrashState> contradiction_;
};

// Where the runs of this exploration are kept, and all they depend on.
Result<std::unique_ptr<RunJournal>> OpenJournal(const Backend& backend,
                                                const Workload& workload,
                                                const Setting& setting,
                                                const Recording& recording,
                                                const ExploreOptions& options) {
  if (options.resume.empty()) return std::unique_ptr<RunJournal>();
  if (mkdir(options.resume.c_str(), 0777) != 0 && errno != EEXIST) {
    return Error{ErrorCode::kIo,
                 fmt::format("{}: {}", options.resume, strerror(errno))};
  }
  std::string name = workload.file;
  std::replace(name.begin(), name.end(), '/', '_');
  if (options.shard.count > 1) {
    name += fmt::format(".{}of{}", options.shard.index, options.shard.count);
  }
  const std::string context = fmt::format(
      "{}: {}; profile {}, {}-byte blocks, probe {}, recording {:08x}",
      POWERCUT_VERSION, backend.traits().description, setting.profile->name,
      setting.atomic_bytes, options.probe, recording.trace.Digest());
  return RunJournal::Open(options.resume + "/" + name + ".runs", context);
}

}  // namespace

Result<Exploration> Explore(Backend& backend, const Workload& workload,
                            const Setting& setting, const Recording& recording,
                            const ExploreOptions& options) {
  POWERCUT_ASSIGN(const std::unique_ptr<RunJournal> journal,
                  OpenJournal(backend, workload, setting, recording, options));
  return Explorer(backend, workload, setting, recording, options, journal.get())
      .Run();
}

}  // namespace powercut
