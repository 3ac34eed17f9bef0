// RunScheduler: what recovery shows on crash states, from earlier runs where
// they decide it and from new ones where not.
//
// States are asked and on_outcome one by one or many at a time. A state that no
// filed run decides waits. When enough wait, a round of runs begins: one for
// each place where lookups ended, since states that end at the same place need
// the same run; and, so that long chains of such places do not serialize, some
// of the waiting states ahead of time. A run ahead of time that turns out to
// have read the same as an earlier one is a check of that one and counts as
// none. Everything is filed in a fixed order, so that answers and counts do not
// depend on the number of workers.

#ifndef POWERCUT_HARNESS_EXPLORE_RUN_SCHEDULER_H_
#define POWERCUT_HARNESS_EXPLORE_RUN_SCHEDULER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/cache/observation_cache.h"
#include "harness/cache/run_journal.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// How data that was only copied into the observation is taken
// (harness/recover/run_reads.h).
enum class CopyMode : uint8_t {
  kRead,    // as read: other contents need another run
  kFilled,  // filled in, without a run
  kApart,   // filled in, and each such block varied by itself
};

// `read`, `filled`, `apart`.
std::string_view CopyModeName(CopyMode copied);
std::optional<CopyMode> CopyModeFromName(std::string_view name);

// A crash state to run, and what the asker wants to know of it afterwards.
struct StateRequest {
  CrashState state;
  uint32_t point_index = 0;  // the asker's number of the crash point
  // Names the image: equal hashes, equal images; nothing if it was not made.
  std::optional<Hash128> image;
  // Go on from here through the states that differ in what was read behind
  // `branched`.
  bool expand = false;
  std::optional<Slot> branched;
  uint32_t torn = 0;  // blocks torn so far
  bool seen = false;  // it was asked and judged before
};

struct StateOutcome {
  OutcomeId outcome = 0;
  bool cached = false;  // no run was made for it
  // The contents that were read, in order, and the slots that were only copied,
  // ascending. Valid during the call.
  const std::vector<ContentId>& path;
  const std::vector<Slot>& copied;
  // What recovery itself did, if the pool reports writes; else null.
  std::shared_ptr<const std::vector<RecoveryEvent>> events;
};

class RunScheduler {
 public:
  struct Options {
    CopyMode copied = CopyMode::kAsRead;
    uint64_t cache_bytes = 0;
    std::optional<uint64_t> max_runs;
    // The share of cached answers that are run for real, chosen by `seed`.
    double doublecheck = 0;
    uint64_t seed = 1;
    // Runs made before, and where new ones are kept; may be null.
    RunJournal* journal = nullptr;
    // Asked between rounds and now and then; true ends it.
    std::function<bool()> stop;
  };
  using OnOutcome =
      std::function<void(const StateRequest&, const StateOutcome&)>;

  // All must outlive this object. The pool reports reads.
  RunScheduler(WorkerPool& pool, BlockContents& contents, Options options,
               OnOutcome on_outcome);

  // Queues a request; the last asked is looked at first.
  void Ask(StateRequest request) { asked_.push_back(std::move(request)); }

  // Answers what can be on_outcome now; with `all`, everything. The requests of
  // one call up to `all` are of one crash kind. Calls `on_outcome`, which may
  // ask more. False: a bound or `stop` ended it, and requests are left.
  bool Work(bool all);

  // An answer that was known without asking: runs it for real if it is in the
  // share.
  void Doublecheck(const CrashState& state, OutcomeId outcome);

  // Runs from now on depend on something beside their disk, by this number, and
  // those so far say nothing of them.
  // Requires: nothing waits.
  void EnterContext(uint64_t context);
  uint64_t context() const { return context_; }

  // The outcome of this state if an earlier run decides it.
  std::optional<OutcomeId> Known(const CrashState& state);

  // What the outcome of a filed run would be on this state.
  OutcomeId OutcomeOf(const FiledRun& run, const CrashState& state);

  uint64_t runs() const { return runs_; }
  // Runs made ahead of time that came out as earlier ones.
  uint64_t spare_runs() const { return spare_runs_; }
  uint64_t doublechecked() const { return doublechecked_; }
  uint64_t evicted() const { return evicted_before_ + cache_->evicted(); }
  const std::vector<Hash128>& run_keys() const { return run_keys_; }
  // A run that did not follow from what it had read, or did not show what an
  // earlier one with the same reads had: the storage is not deterministic.
  const std::optional<CrashState>& contradiction() const {
    return contradiction_;
  }
  // Why the journal could not be written; empty if it could.
  const std::string& journal_error() const { return journal_error_; }

 private:
  struct Asked {
    StateRequest request;
    RunTree::Miss miss;
    bool journaled = false;  // when its round began
  };

  bool AnswerFromCache(StateRequest& request, RunTree::Miss& miss);
  void Answer(const StateRequest& request, const FiledRun& run, bool cached);
  bool Round();
  std::vector<Asked> TakeRunsOfRound();
  void SubmitRound();
  void TakeJournaled();
  bool IsJournaled(const StateRequest& request) const;
  void Keep(const StateRequest& request, const RunResult& result);
  void TakeRun(const StateRequest& request, RunResult& result);
  void CountRun(const Hash128& key);
  FiledRun FiledRunOf(const StateRequest& request, RunResult& result);
  void RunDoublechecks();
  void TakeDoublecheck(const CrashState& state, OutcomeId outcome);
  bool Stopped() const { return options_.stop && options_.stop(); }

  WorkerPool& pool_;
  BlockContents& contents_;
  Options options_;
  OnOutcome on_outcome_;
  std::optional<ObservationCache> cache_;
  uint64_t context_ = 0;
  uint64_t evicted_before_ = 0;  // in earlier contexts
  std::vector<StateRequest> asked_;
  std::vector<Asked> waiting_;
  std::vector<ContentId> path_;
  // Outcomes filled in: by the run's outcome and the contents copied.
  std::unordered_map<Hash128, OutcomeId, Hash128Hasher> filled_;
  std::vector<Asked> under_way_;
  size_t taken_ = 0;   // of under_way_
  size_t needed_ = 0;  // of under_way_: the others run ahead of time
  // Cached answers to be run for real.
  std::vector<std::pair<CrashState, OutcomeId>> doubted_;
  bool doublechecking_ = false;
  uint64_t doublechecked_ = 0;
  size_t ahead_;
  uint64_t runs_ = 0;
  uint64_t spare_runs_ = 0;
  std::vector<Hash128> run_keys_;
  std::set<Hash128> died_;  // keys of runs that died or hung
  std::optional<CrashState> contradiction_;
  bool max_runs_reached_ = false;
  std::string journal_error_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_RUN_SCHEDULER_H_
