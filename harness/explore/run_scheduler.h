// RunScheduler: what recovery shows on crash states, with as few runs as
// possible.
//
// An explorer submits states; the scheduler looks each up in the cache of
// finished runs. A state that no finished run decides waits. When enough states
// wait, a round of runs begins. States whose lookups ended at the same place of
// the cache's tree need the same run, so the round runs one state for each such
// place, and others of the waiting states ahead of time, or long chains of
// places would run one after the other. A worker skips the states of its batch
// that a run of the same batch decides (TreeFilter), so that only states of
// different batches can read the same. Such a repeated run is a check of the
// earlier run and is not counted among the runs needed. A run that read in
// another order than the runs before it is put into their order; it is no sign
// of bad storage, and is counted. Runs enter the cache in a fixed order, so
// that outcomes and counts do not depend on the number of workers.

#ifndef POWERCUT_HARNESS_EXPLORE_RUN_SCHEDULER_H_
#define POWERCUT_HARNESS_EXPLORE_RUN_SCHEDULER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "harness/explore/context_caches.h"
#include "harness/explore/copy_mode.h"
#include "harness/explore/filled_outcomes.h"
#include "harness/explore/journaled_runs.h"
#include "harness/explore/part_sets.h"
#include "harness/explore/recovery_counts.h"
#include "harness/explore/tree_filter.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// A slot that a state of a decision tree does not branch on any more, with the
// parts of the observation for which it was passed.
struct SettledSlot {
  Slot slot = 0;
  PartSetId parts = kAllParts;
};

// The first `count` slots of a list that states of a decision tree share.
struct SettledSlots {
  std::shared_ptr<const std::vector<SettledSlot>> list;
  size_t count = 0;

  std::span<const SettledSlot> slots() const {
    return list == nullptr ? std::span<const SettledSlot>()
                           : std::span(*list).first(count);
  }
};

// Two outcomes of one disk.
struct Contradiction {
  CrashState state;
  // The outcome of an earlier run, which read only contents that `state` holds,
  // so that it decides `state`.
  OutcomeId earlier = 0;
  // The outcome of a later run, on `state` itself.
  OutcomeId later = 0;
};

// A crash state to run, and what the explorer wants to know of it afterwards.
struct StateRequest {
  CrashState state;
  // The explorer's number of the crash point.
  uint32_t point_index = 0;
  // The hash of the crash image: equal hashes mean equal images. `std::nullopt`
  // if the image was not made.
  std::optional<Hash128> image;
  // Whether the explorer goes on from this state, through the states that
  // differ from it in one block that is not among `settled`.
  bool expand = false;
  // The blocks of the decision tree above this state; the last one is the block
  // that was changed last. Empty for the root.
  SettledSlots settled;
  // The independent parts in whose trees this is a state.
  PartSetId parts = kAllParts;
  uint32_t torn = 0;  // The number of blocks torn so far.
  bool seen = false;  // The state was submitted and judged before.
};

struct StateOutcome {
  OutcomeId id = 0;
  bool cached = false;  // No run was made for the state.
  // The contents that decide the outcome, in the order of the cache's tree,
  // which is that of reading unless the order varies; and the slots that were
  // only copied, ascending. Valid during the call.
  const std::vector<ContentId>& path;
  const std::vector<Slot>& copied;
  // The parts for which blocks were read or copied (CachedRun::parts). Valid
  // during the call.
  const std::vector<SlotPart>& parts;
  // What recovery itself did to the disk; `nullptr` if it did nothing, or if
  // the pool does not report writes.
  std::shared_ptr<const std::vector<RecoveryEvent>> events;
};

// What a scheduler counted.
struct RunCounts {
  // RunScheduler::recoveries(), without confirmations.
  RecoveryCounts recoveries;
  uint64_t reordered_runs = 0;
  // How many runs the cache dropped for want of room.
  uint64_t evicted = 0;
  // One for each run that counts, in order of counting.
  std::vector<Hash128> run_keys;
  // The first state that did not show what an earlier run had shown that read
  // what this state holds: the storage is not deterministic. `std::nullopt` if
  // there is none.
  std::optional<Contradiction> contradiction;
};

// Not thread-safe.
class RunScheduler {
 public:
  struct Options {
    CopyMode copied = CopyMode::kAsRead;
    // The most memory that the cache may take.
    uint64_t cache_bytes = 0;
    // The most runs; `std::nullopt` means no limit.
    std::optional<uint64_t> max_runs;
    // The share of cached outcomes, from 0 to 1, that are run all the same and
    // compared; `seed` chooses which.
    double doublecheck = 0;
    uint64_t seed = 1;
    // Runs made by an earlier process, and where new ones are kept; may be
    // `nullptr`.
    RunJournal* journal = nullptr;
    // Called between rounds and now and then; true ends the work. May be empty.
    std::function<bool()> stop;
    // Runs of different contexts decide nothing for each other.
    ContextOf context_of;
    // As in ExploreOptions.
    bool runs_are_short = false;
    // How many runs others made that count for `max_runs`. May be empty.
    std::function<uint64_t()> runs_elsewhere = {};
  };
  using OnOutcome =
      std::function<void(const StateRequest&, const StateOutcome&)>;

  // All arguments must outlive this object. The pool must report reads.
  RunScheduler(WorkerPool& pool, BlockContents& contents, Options options,
               OnOutcome on_outcome);

  // Queues a request. The one submitted last is looked up first, so that a walk
  // of a tree goes into the depth.
  void Submit(StateRequest request) {
    submitted_.push_back(std::move(request));
  }

  // RunReady() looks up all submitted requests, and runs waiting ones whenever
  // enough of them wait. RunAll() goes on until none waits. Both call
  // `on_outcome` for each request, which may submit more. Requests between two
  // calls of RunAll() must be of one crash kind. False if a bound or `stop`
  // ended the work; requests are left then.
  bool RunReady() { return Run(/*all=*/false); }
  bool RunAll() { return Run(/*all=*/true); }

  // Makes RunReady() and RunAll() return early, with requests left, once the
  // scheduler has done so much more work: one for each state that it decided,
  // and 8 for each run that counts. `std::nullopt` means never. The moment
  // depends on the requests alone.
  void PauseAfter(std::optional<uint64_t> work) {
    pause_at_ = work ? work_ + *work : ~uint64_t{0};
  }
  bool Paused() const { return work_ >= pause_at_; }
  // Takes all requests that are not decided: those that wait for a run, then
  // those that were submitted, in order.
  std::vector<StateRequest> TakeRequests();

  // Forgets what was counted so far, and the doublechecks that are due. What is
  // in the cache stays.
  void ForgetCounts();
  RunCounts counts() const;
  // Adds what another scheduler counted, which worked on other requests with
  // what this one knew. A run that both made, or that another one made that was
  // added, counts as repeated.
  void AddCounts(const RunCounts& more);

  // Tells of an outcome that the caller knew without submitting the state. If
  // the state falls into the share of `doublecheck`, it is run for real.
  void Doublecheck(const CrashState& state, OutcomeId outcome);

  // ContextCaches::InContext().
  Hash128 InContext(const Hash128& key, const CrashState& state) const {
    return caches_.InContext(key, state);
  }

  // The outcome of this state; `std::nullopt` if no finished run decides it.
  std::optional<OutcomeId> Known(const CrashState& state);

  // The outcome that a cached run has on this state, with copied blocks filled
  // in.
  OutcomeId OutcomeOf(const CachedRun& run, const CrashState& state) {
    return filled_.Of(run, state);
  }

  uint64_t runs() const { return runs_; }
  uint64_t doublechecked() const { return doublechecked_; }
  // All recoveries that were run; `needed` is runs().
  RecoveryCounts recoveries() const;
  uint64_t evicted() const {
    return caches_.evicted() - evicted_before_ + evicted_elsewhere_;
  }
  // One for each run that counts, in order of counting.
  const std::vector<Hash128>& run_keys() const { return run_keys_; }
  // How many runs read in another order than earlier runs, or other blocks,
  // after they had read the same.
  uint64_t reordered_runs() const { return reordered_runs_; }
  // The first state that did not show what an earlier run had shown that read
  // what this state holds: the storage is not deterministic. `std::nullopt` if
  // there is none.
  const std::optional<Contradiction>& contradiction() const {
    return contradiction_;
  }
  // Why the journal could not be written; empty if it could.
  const std::string& journal_error() const { return journal_.error(); }

 private:
  // A request that no finished run decides, with the place where its lookup
  // ended.
  struct Waiting {
    StateRequest request;
    ReadTree::Miss miss;
    // Equal for the states of a round with one miss; ascending from 0.
    uint32_t group = 0;
    // Another state of the round has the same miss and runs first.
    bool ahead = false;
  };

  bool Run(bool all);
  bool DecideFromCache(StateRequest& request, ReadTree::Miss& miss);
  void Decide(const StateRequest& request, const CachedRun& run, bool cached);
  bool RunRound();
  std::vector<Waiting> TakeRunsOfRound();
  void SubmitRound();
  bool MayRun(const Waiting& waiting) const;
  size_t RunsOfRound() const;
  size_t BatchesOfRound(size_t batch_runs) const;
  void AdaptAhead();
  void SubmitBatch(Batch batch, BatchRuns runs);
  void TakeResult(RunResult& result);
  void TakeJournaled();
  void TakeRun(const StateRequest& request, RunResult& result);
  void KeepRun(const StateRequest& request, RunResult& result);
  void TakeUnkeptRun(const StateRequest& request, RunResult& result);
  bool CountRun(const Hash128& key, const CrashState& state);
  CachedRun CachedRunOf(const StateRequest& request, RunResult& result);
  void Compare(const CrashState& state, OutcomeId earlier, OutcomeId later);
  void RunDoublechecks();
  void TakeDoublecheck(const CrashState& state, OutcomeId outcome);
  bool Stopped() const { return options_.stop && options_.stop(); }

  WorkerPool& pool_;
  BlockContents& contents_;
  Options options_;
  OnOutcome on_outcome_;
  TreeFilter filter_;
  ContextCaches caches_;
  FilledOutcomes filled_;
  JournaledRuns journal_;
  std::vector<StateRequest> submitted_;
  std::vector<Waiting> waiting_;
  std::vector<ContentId> path_;
  // The states of the current round; the results of the first `taken_` have
  // been taken. How many of them ran ahead of time, and how many of those
  // repeated an earlier run.
  std::vector<Waiting> round_;
  size_t taken_ = 0;
  size_t ran_ahead_ = 0;
  size_t repeated_ahead_ = 0;
  // Cached outcomes to be run for real.
  std::vector<std::pair<CrashState, OutcomeId>> doubted_;
  bool doublechecking_ = false;
  uint64_t doublechecked_ = 0;
  // How many runs of the next round may be ahead of time.
  size_t ahead_;
  uint64_t runs_ = 0;
  uint64_t repeated_runs_ = 0;
  uint64_t canaries_ = 0;
  std::vector<Hash128> run_keys_;
  // The keys that were counted in contexts other than 0.
  std::unordered_set<Hash128, Hash128Hasher> counted_;
  std::set<Hash128> died_;  // The keys of runs that died or hung.
  uint64_t reordered_runs_ = 0;
  std::optional<Contradiction> contradiction_;
  bool max_runs_reached_ = false;
  // See PauseAfter().
  uint64_t work_ = 0;
  uint64_t pause_at_ = ~uint64_t{0};
  // The keys of `run_keys_`, once AddCounts() was called.
  std::unordered_set<Hash128, Hash128Hasher> added_keys_;
  // What the caches dropped before ForgetCounts(), and other schedulers did.
  uint64_t evicted_before_ = 0;
  uint64_t evicted_elsewhere_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_RUN_SCHEDULER_H_
