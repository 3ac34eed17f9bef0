// The work goes in rounds (RunRound). While a round runs, its results come back
// in order through the pool's callback and enter the cache one by one
// (TakeRun); what waits is looked up again before the next round, because those
// runs may decide it.
//
// Example: three blocks A, B and C are open, and recovery reads A, then, if A
// is old, B. The root state (all newest) misses at once and runs; its run is
// the path [A new]. The states {A old}, {A old, B old} and {A old, C old} then
// all miss at the root's branch with A old: one of them is needed, and the
// others may run ahead of time. The needed run is the path [A old, B new]; it
// decides {A old, C old}, too, since C was not read.

#include "harness/explore/run_scheduler.h"

#include <algorithm>
#include <iterator>
#include <list>
#include <unordered_map>

#include "harness/explore/state_key.h"
#include "harness/recover/check_result.h"

namespace powercut {
namespace {

// A round begins when so many requests wait.
constexpr size_t kWaitingMax = 4096;
// A round is cut into batches, so that every worker has its part; the smallest
// batch is still so long that forking a worker costs little beside it.
constexpr size_t kBatchRunsMin = 64;
constexpr size_t kBatchRunsMax = 1024;
constexpr size_t kBatchesOfRound = 8;
// How many runs of a round may be ahead of time: doubled while at least half of
// them turn out to be needed, else halved.
constexpr size_t kAheadMin = 4;
constexpr size_t kAheadMax = kWaitingMax;
// How many requests are looked up between two calls of `stop`.
constexpr uint64_t kStopEvery = 256;
// What a run adds to the work of PauseAfter(), beside the state that it
// decides.
constexpr uint64_t kWorkOfRun = 8;

// The place where a lookup ended, among the trees of all contexts.
struct PlaceOfMiss {
  uint64_t context = 0;
  ReadTree::Miss miss;

  bool operator==(const PlaceOfMiss&) const = default;
  struct Hasher {
    size_t operator()(const PlaceOfMiss& place) const {
      uint64_t mix = place.context;
      for (const uint32_t word :
           {place.miss.node, place.miss.at, place.miss.content}) {
        mix = (mix ^ word) * 0x9e3779b97f4a7c15;
        mix ^= mix >> 32;
      }
      return mix;
    }
  };
};

}  // namespace

RunScheduler::RunScheduler(WorkerPool& pool, BlockContents& contents,
                           Options options, OnOutcome on_outcome)
    : pool_(pool),
      contents_(contents),
      options_(std::move(options)),
      on_outcome_(std::move(on_outcome)),
      filter_(contents, options_.context_of,
              options_.copied == CopyMode::kAsRead),
      caches_(contents, options_.context_of, options_.cache_bytes),
      filled_(pool, contents),
      journal_(options_.journal, pool, contents.space()),
      ahead_(kAheadMax) {
  pool_.set_filter(&filter_);
  pool_.set_done([this](const Batch& batch, std::vector<RunResult>& results) {
    for (size_t i = 0; i < results.size(); ++i) {
      if (doublechecking_) {
        TakeDoublecheck(batch[i], results[i].outcome);
      } else {
        TakeResult(results[i]);
      }
    }
  });
}

RecoveryCounts RunScheduler::recoveries() const {
  RecoveryCounts counts;
  counts.needed = runs_;
  counts.repeated = repeated_runs_;
  counts.canaries = canaries_;
  counts.doublechecks = doublechecked_;
  return counts;
}

RunCounts RunScheduler::counts() const {
  return {recoveries(), reordered_runs_, evicted(), run_keys_, contradiction_};
}

void RunScheduler::ForgetCounts() {
  runs_ = repeated_runs_ = canaries_ = doublechecked_ = reordered_runs_ = 0;
  evicted_before_ = caches_.evicted();
  evicted_elsewhere_ = 0;
  run_keys_.clear();
  added_keys_.clear();
  doubted_.clear();
  contradiction_.reset();
}

void RunScheduler::AddCounts(const RunCounts& more) {
  if (added_keys_.empty())
    added_keys_.insert(run_keys_.begin(), run_keys_.end());
  for (const Hash128& key : more.run_keys) {
    if (added_keys_.insert(key).second) {
      ++runs_;
      run_keys_.push_back(key);
    } else {
      ++repeated_runs_;
    }
  }
  repeated_runs_ += more.recoveries.repeated;
  canaries_ += more.recoveries.canaries;
  doublechecked_ += more.recoveries.doublechecks;
  reordered_runs_ += more.reordered_runs;
  evicted_elsewhere_ += more.evicted;
  if (!contradiction_) contradiction_ = more.contradiction;
}

std::vector<StateRequest> RunScheduler::TakeRequests() {
  std::vector<StateRequest> requests;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    requests.push_back(std::move(waiting.request));
  }
  for (StateRequest& request : std::exchange(submitted_, {})) {
    requests.push_back(std::move(request));
  }
  return requests;
}

bool RunScheduler::Run(bool all) {
  while (true) {
    // Requests come from the end, so that a walk of a tree goes into the depth
    // and few requests wait.
    for (uint64_t n = 1; !submitted_.empty(); ++n) {
      if (n % kStopEvery == 0 && Stopped()) return false;
      if (Paused()) return true;
      Waiting next{std::move(submitted_.back()), {}};
      submitted_.pop_back();
      if (DecideFromCache(next.request, next.miss)) continue;
      waiting_.push_back(std::move(next));
      if (waiting_.size() >= kWaitingMax && !RunRound()) return false;
    }
    if (all && Paused()) return true;
    if (all && !waiting_.empty()) {
      if (!RunRound()) return false;
      continue;
    }
    // Doublechecks decide nothing, so that they wait until a batch of them is
    // worth the start of workers.
    if (all || doubted_.size() >= kWaitingMax) RunDoublechecks();
    return true;
  }
}

void RunScheduler::Doublecheck(const CrashState& state, OutcomeId outcome) {
  if (options_.doublecheck <= 0) return;
  // The state alone decides whether it is drawn, not its turn, so that any
  // order of work checks the same states. 53 bits of the hash are a number
  // below 1.
  const Hash128 key = StateKey(state, options_.seed);
  const double draw = static_cast<double>(key.low >> 11) * 0x1p-53;
  if (draw < options_.doublecheck) doubted_.emplace_back(state, outcome);
}

void RunScheduler::RunDoublechecks() {
  doublechecking_ = true;
  taken_ = 0;
  for (size_t from = 0; from < doubted_.size() && !Stopped();) {
    Batch batch;
    for (; from < doubted_.size() && batch.size() < kBatchRunsMax; ++from) {
      batch.push_back(doubted_[from].first);
    }
    SubmitBatch(std::move(batch), BatchRuns::kAll);
  }
  pool_.Drain();
  doublechecking_ = false;
  doubted_.clear();
}

void RunScheduler::TakeDoublecheck(const CrashState& state, OutcomeId outcome) {
  ++doublechecked_;
  const OutcomeId cached = doubted_[taken_++].second;
  Compare(state, cached, outcome);
}

bool RunScheduler::DecideFromCache(StateRequest& request,
                                   ReadTree::Miss& miss) {
  const CachedRun* run =
      caches_.Of(request.state).Find(request.state, path_, miss);
  if (run == nullptr) return false;
  Decide(request, *run, /*cached=*/true);
  return true;
}

void RunScheduler::Decide(const StateRequest& request, const CachedRun& run,
                          bool cached) {
  const OutcomeId outcome = filled_.Of(run, request.state);
  if (cached && !request.seen) Doublecheck(request.state, outcome);
  ++work_;
  on_outcome_(request,
              {outcome, cached, path_, run.copied, run.parts, run.events});
}

// Moves the runs of this round out of `waiting_`: first one for each different
// miss in the trees, then those ahead of time. Empty if no request waits or
// `max_runs` is used up.
std::vector<RunScheduler::Waiting> RunScheduler::TakeRunsOfRound() {
  std::vector<Waiting> needed;
  std::vector<Waiting> others;
  std::unordered_map<PlaceOfMiss, uint32_t, PlaceOfMiss::Hasher> groups;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    // The round before may have made the run that decides this request.
    if (DecideFromCache(waiting.request, waiting.miss)) continue;
    const auto [group, added] = groups.try_emplace(
        {caches_.ContextOfState(waiting.request.state), waiting.miss},
        static_cast<uint32_t>(groups.size()));
    waiting.group = group->second;
    waiting.ahead = !added;
    (waiting.ahead ? others : needed).push_back(std::move(waiting));
  }
  size_t most = ~size_t{0};
  if (options_.max_runs) {
    const uint64_t elsewhere =
        options_.runs_elsewhere ? options_.runs_elsewhere() : 0;
    most = *options_.max_runs - std::min(*options_.max_runs, runs_ + elsewhere);
  }
  const auto take_back = [&](std::vector<Waiting>& from, size_t kept) {
    for (size_t i = kept; i < from.size(); ++i) {
      waiting_.push_back(std::move(from[i]));
    }
    from.resize(std::min(kept, from.size()));
  };
  max_runs_reached_ = !needed.empty() && most == 0;
  take_back(needed, most);
  take_back(others, std::min(ahead_, most - needed.size()));
  std::move(others.begin(), others.end(), std::back_inserter(needed));
  // States with one miss stand together, so that they are in one batch, whose
  // worker skips those that it need not run. std::stable_sort() of this library
  // is refused by newer compilers.
  std::list<Waiting> grouped(std::make_move_iterator(needed.begin()),
                             std::make_move_iterator(needed.end()));
  grouped.sort(
      [](const Waiting& a, const Waiting& b) { return a.group < b.group; });
  needed.assign(std::make_move_iterator(grouped.begin()),
                std::make_move_iterator(grouped.end()));
  return needed;
}

bool RunScheduler::RunRound() {
  if (Stopped()) return false;
  round_ = TakeRunsOfRound();
  taken_ = 0;
  ran_ahead_ = repeated_ahead_ = 0;
  SubmitRound();
  if (taken_ < round_.size()) return false;
  AdaptAhead();
  round_.clear();
  return !max_runs_reached_ && journal_.error().empty();
}

void RunScheduler::AdaptAhead() {
  if (ran_ahead_ == 0) return;
  const bool useful = repeated_ahead_ * 2 <= ran_ahead_;
  ahead_ = useful ? std::min(ahead_ * 2, kAheadMax)
                  : std::max(ahead_ / 2, kAheadMin);
}

// Runs the states of the round, in the order of the round. Returns early if a
// bound or an error of the journal ends the work.
void RunScheduler::SubmitRound() {
  const size_t batch_runs =
      std::clamp(RunsOfRound() / kBatchesOfRound, kBatchRunsMin, kBatchRunsMax);
  // What a journal holds counts as if it were run, with its canary.
  const size_t logical = BatchesOfRound(batch_runs);
  TakeJournaled();
  if (pool_.options().jobs > 0) {
    canaries_ += logical - BatchesOfRound(batch_runs);
  }
  for (size_t next = 0; next < round_.size();) {
    Batch batch;
    for (size_t runs = 0; next < round_.size(); ++next) {
      runs += MayRun(round_[next]) ? 1 : 0;
      if (runs > batch_runs) break;
      batch.push_back(round_[next].request.state);
    }
    SubmitBatch(std::move(batch), BatchRuns::kUndecided);
    if (Stopped() || !journal_.error().empty()) return pool_.Cancel();
  }
  pool_.Drain();
}

// Whether the state counts as a run where the round is cut into batches. A
// worker skips most states that are ahead of time. Whoever waits for long runs
// wants them in several batches all the same, since some of them do run.
bool RunScheduler::MayRun(const Waiting& waiting) const {
  return !options_.runs_are_short || !waiting.ahead;
}

size_t RunScheduler::RunsOfRound() const {
  return static_cast<size_t>(std::ranges::count_if(
      round_, [this](const Waiting& waiting) { return MayRun(waiting); }));
}

// Into how many batches the round is cut.
size_t RunScheduler::BatchesOfRound(size_t batch_runs) const {
  if (round_.empty()) return 0;
  return std::max<size_t>((RunsOfRound() + batch_runs - 1) / batch_runs, 1);
}

// Each batch has one canary, if it runs in a process of its own.
void RunScheduler::SubmitBatch(Batch batch, BatchRuns runs) {
  if (pool_.options().jobs > 0) ++canaries_;
  pool_.Submit(std::move(batch), runs);
}

void RunScheduler::TakeResult(RunResult& result) {
  Waiting& waiting = round_[taken_++];
  if (!result.skipped) {
    ran_ahead_ += waiting.ahead ? 1 : 0;
    const uint64_t repeated_before = repeated_runs_;
    journal_.Add(waiting.request.state, result);
    TakeRun(waiting.request, result);
    if (waiting.ahead) repeated_ahead_ += repeated_runs_ - repeated_before;
    return;
  }
  // The run that decides a skipped state came before it in the batch. A worker
  // is not believed: a state that nothing decides waits for the next round.
  if (DecideFromCache(waiting.request, waiting.miss)) return;
  waiting_.push_back(std::move(waiting));
}

// Takes the runs of the round that the journal holds. States that these runs
// decide need no run of their own: they were skipped when the journal was
// written.
void RunScheduler::TakeJournaled() {
  std::vector<Waiting> others;
  for (Waiting& waiting : std::exchange(round_, {})) {
    if (auto run = journal_.Find(waiting.request.state)) {
      TakeRun(waiting.request, *run);
    } else {
      others.push_back(std::move(waiting));
    }
  }
  for (Waiting& waiting : others) {
    if (journal_.has_journal() &&
        DecideFromCache(waiting.request, waiting.miss)) {
      continue;
    }
    round_.push_back(std::move(waiting));
  }
}

CachedRun RunScheduler::CachedRunOf(const StateRequest& request,
                                    RunResult& result) {
  CachedRun run;
  run.outcome = result.outcome;
  std::vector<Slot> copied = CopiedSlots(contents_.space(), result.reads);
  if (options_.copied == CopyMode::kAsRead) {
    PathOfRun(contents_, request.state, result.reads, copied, path_);
  } else {
    PathOfRun(contents_, request.state, result.reads, {}, path_);
    std::sort(copied.begin(), copied.end());
    run.copied = std::move(copied);
    run.copies = std::move(result.reads.copies);
  }
  run.parts = PartsOfSlots(contents_.space(), result.reads.parts);
  run.key = caches_.InContext(CertificateKey(contents_, path_), request.state);
  if (!result.writes.empty()) {
    run.events = std::make_shared<const std::vector<RecoveryEvent>>(
        std::move(result.writes));
  }
  return run;
}

// Returns whether the run counts.
bool RunScheduler::CountRun(const Hash128& key, const CrashState& state) {
  // A walk that comes back to a context that was forgotten makes its runs
  // again. They are no other runs: shards, of which some never leave a context,
  // must come to the same number.
  if (caches_.ContextOfState(state) != 0 && !counted_.insert(key).second)
    return false;
  if (!added_keys_.empty() && !added_keys_.insert(key).second) return false;
  ++runs_;
  work_ += kWorkOfRun;
  run_keys_.push_back(key);
  return true;
}

void RunScheduler::TakeRun(const StateRequest& request, RunResult& result) {
  const bool observed =
      pool_.outcomes()[result.outcome].kind == RecoveryOutcome::kObserved;
  observed ? KeepRun(request, result) : TakeUnkeptRun(request, result);
}

void RunScheduler::KeepRun(const StateRequest& request, RunResult& result) {
  using Inserted = ObservationCache::Inserted;
  CachedRun run = CachedRunOf(request, result);
  const CachedRun* kept = nullptr;
  ObservationCache& cache = caches_.Of(request.state);
  Inserted how = cache.Insert(path_, run, &kept);
  if (how == Inserted::kOutOfOrder) {
    ++reordered_runs_;
    cache.Arrange(request.state, path_, run);
    run.key =
        caches_.InContext(CertificateKey(contents_, path_), request.state);
    how = cache.Insert(path_, run, &kept);
  }
  POWERCUT_CHECK(how != Inserted::kOutOfOrder);
  if (how == Inserted::kNew) {
    if (!CountRun(run.key, request.state)) ++repeated_runs_;
    on_outcome_(request, {result.outcome, false, path_, run.copied, run.parts,
                          run.events});
    return;
  }
  ++repeated_runs_;
  const OutcomeId earlier = filled_.Of(*kept, request.state);
  Compare(request.state, earlier, result.outcome);
  on_outcome_(request, {result.outcome, true, path_, kept->copied, kept->parts,
                        kept->events});
}

// A recovery may die or hang for reasons that lie outside the disk, so that it
// is no certificate. The same disk may run again; each disk is counted once,
// however often it runs.
void RunScheduler::TakeUnkeptRun(const StateRequest& request,
                                 RunResult& result) {
  const CachedRun run = CachedRunOf(request, result);
  const Hash128 key = caches_.InContext(
      request.image.value_or(StateKey(request.state, 0)), request.state);
  const bool counts =
      !request.seen && died_.insert(key).second && CountRun(key, request.state);
  if (!counts) ++repeated_runs_;
  on_outcome_(request, {result.outcome, false, path_, run.copied, run.parts,
                        run.events});
}

// A check that fails in the same way each time and makes up other words is no
// contradiction; its cause says that the words vary once it is confirmed.
void RunScheduler::Compare(const CrashState& state, OutcomeId earlier,
                           OutcomeId later) {
  const OutcomeTable& outcomes = pool_.outcomes();
  if (contradiction_ || outcomes.Same(earlier, later)) return;
  if (SameButForTheLine(outcomes[earlier], outcomes[later])) return;
  contradiction_ = Contradiction{state, earlier, later};
}

std::optional<OutcomeId> RunScheduler::Known(const CrashState& state) {
  std::vector<ContentId> path;
  ReadTree::Miss miss;
  const CachedRun* run = caches_.Of(state).Find(state, path, miss);
  if (run == nullptr) return std::nullopt;
  return filled_.Of(*run, state);
}

}  // namespace powercut
