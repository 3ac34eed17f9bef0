// BatchProgress: how far a batch is, what a worker must run of it next, and
// what follows from how that worker ended. Starts no process itself.
//
// A worker runs the batch to its end and then its first state once more, the
// canary. Where one dies, the state it had begun is run alone in a fresh
// worker, twice: only if it ends badly there is that its outcome. If it does
// not, or if the canary came to another outcome, a state before it has damaged
// the process. That one is searched for, and blamed if running it alone twice
// shows damage. Once a state is blamed or dead, those after it are run in a
// fresh worker, and those before it again, up to a canary of their own: what is
// taken for a state's outcome never comes from a process that was seen to be
// damaged later.
//
// A worker that was killed from outside says nothing about any state: its part
// is run again.

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

// So many workers killed from outside in a row, each while it ran one state
// alone, and it is believed that the state kills them. A recovery takes
// milliseconds: who kills at random, once in ten milliseconds, hits one state
// 64 times in a row once in far more than 10^9 times.
inline constexpr uint32_t kKillsBelieved = 64;

class BatchProgress {
 public:
  // `outcomes` must outlive this object.
  BatchProgress(Batch batch, OutcomeTable& outcomes);
  // The progress of one state that is run alone.
  static BatchProgress Alone(const CrashState& state, OutcomeTable& outcomes);

  const Batch& batch() const { return batch_; }
  bool done() const { return phase_ == kDone; }
  // What a fresh worker has to run. Requires: !done().
  BatchPart Next() const;
  // What came of it.
  void Take(WorkerEnd end);

  // By position. Complete once done.
  std::vector<RunResult>& results() { return results_; }
  // Deaths and changed canaries for which no state could be blamed.
  uint64_t unexplained() const { return unexplained_; }

 private:
  enum Phase {
    kRun,     // from `from_` on
    kAlone,   // `victim_`, twice
    kSearch,  // who damaged the process before `victim_`
    kBlame,   // `suspect_`, twice
    kDone,
  };

  void TakeRun(WorkerEnd end);
  void TakeKilledRun();
  void TakeAlone(WorkerEnd end);
  void TakeSearch(const WorkerEnd& end);
  void TakeBlame(WorkerEnd end);
  RunResult TwiceAlone(WorkerEnd end);
  void StartAt(size_t begin, size_t end);
  void EndRun();
  void Decide(size_t state, RunResult result);
  void Search();
  void GiveUpSearch();

  Batch batch_;
  OutcomeTable* outcomes_;
  std::vector<RunResult> results_;
  Phase phase_ = kRun;
  uint64_t unexplained_ = 0;

  // States before `begin_` are decided, and so is the one at `end_`, if any.
  size_t begin_ = 0;
  size_t end_ = 0;
  // Where the worker that is looked at began: in [begin_, end_).
  size_t from_ = 0;
  // How far any worker came since `begin_` moved, without the canary.
  size_t known_ = 0;
  // Workers killed from outside without progress: in a row, and in all since
  // begin_ moved.
  uint32_t kills_ = 0;
  uint32_t stuck_ = 0;

  // The state that a worker died at; end_ for its canary.
  size_t victim_ = 0;
  // The victim died, and not only by kills from outside.
  bool died_in_batch_ = false;
  RunResult victim_alone_;
  std::optional<CulpritSearch> search_;
  size_t suspect_ = 0;
  uint32_t unsteady_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_BATCH_PROGRESS_H_
