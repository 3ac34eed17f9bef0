// BatchProgress knows how far a batch has come, which part of it a worker must
// run next, and what follows from how that worker ended. It starts no process
// itself.
//
// A worker runs the batch to its end and then the first state once more, the
// canary. States that it skips (BatchRuns) have a result that says so; a worker
// that looks for a culprit skips none. If a worker dies, the state that it had
// begun is run alone in a fresh worker, twice. The death is the state's outcome
// only if the state ends badly there, too. If it does not, or if the canary
// came to another outcome, then a state before it has damaged the process. This
// culprit is searched for, and it is blamed if running it alone twice shows
// damage. Once a state is blamed or dead, the states after it are run in a
// fresh worker. The states before it are run again, followed by a canary of
// their own: no outcome is taken from a process that was later seen to be
// damaged. If no state can be blamed, the outcomes stand, and the batch counts
// the case as unexplained.
//
// A worker may run code of the user's that leaves the loop of states
// (harness/worker/left_status.h). The state that it left in is run alone, and
// the states before it are run again, followed by a canary.
//
// A worker that was killed from outside says nothing about any state. Its part,
// or a part that begins later, is run again.

#ifndef POWERCUT_HARNESS_WORKER_BATCH_PROGRESS_H_
#define POWERCUT_HARNESS_WORKER_BATCH_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/recover/outcome_table.h"
#include "harness/worker/culprit_search.h"
#include "harness/worker/run_result.h"

namespace powercut {

// After so many workers in a row were killed from outside at one state, the
// state is believed to kill them. A recovery takes milliseconds. Kills at
// random moments, ten milliseconds apart on average, hit one state 64 times in
// a row far less often than once in 10^9 times.
inline constexpr uint32_t kKillsBelieved = 64;

// Not thread-safe.
class BatchProgress {
 public:
  // `outcomes` must outlive this object. Outcomes that no worker sent, such as
  // deaths, are added to it.
  BatchProgress(Batch batch, OutcomeTable& outcomes,
                BatchRuns runs = BatchRuns::kAll);
  // The progress of a single state that is run alone, twice, with no canary.
  static BatchProgress Alone(const CrashState& state, OutcomeTable& outcomes);

  const Batch& batch() const { return batch_; }
  // Whether every state has its result.
  bool done() const { return phase_ == kDone; }
  // The part that a fresh worker has to run next. Requires: !done().
  BatchPart Next() const;
  // Takes what came of that part.
  void Take(WorkerEnd end);

  // The results by position in the batch. Complete once done() is true.
  std::vector<RunResult>& results() { return results_; }
  // How many deaths and changed canaries there were for which no state could be
  // blamed.
  uint64_t unexplained() const { return unexplained_; }

 private:
  // What Next() asks for.
  enum Phase {
    // The states from `from_` on, then the canary.
    kRun,
    // The state `victim_` alone, twice.
    kAlone,
    // A trial of the search for the state that damaged the process.
    kSearch,
    // The state `suspect_` alone, twice.
    kBlame,
    kDone,
  };

  // Each takes what came of the part of one phase.
  void TakeRun(WorkerEnd end);
  void TakeKilledRun();
  // The worker ran all states up to this one, in which its user code left.
  void TakeLeft(size_t state);
  void TakeAlone(WorkerEnd end);
  void TakeSearch(const WorkerEnd& end);
  void TakeBlame(WorkerEnd end);
  // The result of a state that was run alone, twice.
  RunResult TwiceAlone(WorkerEnd end);
  // Goes on with the states [begin, end). Done if there are none.
  void StartAt(size_t begin, size_t end);
  // Goes on after `end_`, since [begin_, end_) is decided.
  void EndRun();
  // Gives a state that killed or damaged a process its result, and goes on with
  // the states before it or after it.
  void Decide(size_t state, RunResult result);
  // Begins to search [from_, victim_) for the state that did the damage.
  void Search();
  // Counts the case as unexplained and lets the outcomes stand.
  void GiveUpSearch();

  Batch batch_;
  BatchRuns runs_ = BatchRuns::kAll;
  OutcomeTable* outcomes_;
  std::vector<RunResult> results_;
  Phase phase_ = kRun;
  uint64_t unexplained_ = 0;

  // The states in [begin_, end_) are to be decided. All states before `begin_`
  // are decided, and so is the state at `end_` if there is one.
  size_t begin_ = 0;
  size_t end_ = 0;
  // Where the worker of phase kRun begins: in [begin_, end_).
  size_t from_ = 0;
  // How far any worker has come since `begin_` moved: all states before it have
  // a result. A canary does not count.
  size_t known_ = 0;
  // How many workers in a row were killed from outside with no progress.
  uint32_t kills_ = 0;
  // How many workers of phase kRun were killed so since `begin_` moved.
  uint32_t stuck_ = 0;

  // The state that a worker died at, or `end_` if it was the canary.
  size_t victim_ = 0;
  // Whether `victim_` runs alone because a worker died at it. Otherwise it runs
  // alone because workers are killed from outside too often.
  bool died_in_batch_ = false;
  // Whether `victim_` runs alone because the user's code left in it.
  bool left_in_batch_ = false;
  // What came of running `victim_` alone.
  RunResult victim_alone_;
  // Set in phase kSearch.
  std::optional<CulpritSearch> search_;
  // The state that the search found.
  size_t suspect_ = 0;
  // How many states were blamed because they changed later outcomes.
  uint32_t unsteady_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_BATCH_PROGRESS_H_
