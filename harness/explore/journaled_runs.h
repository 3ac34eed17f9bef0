// JournaledRuns: the runs that an exploration takes from a journal and puts
// into it.

#ifndef POWERCUT_HARNESS_EXPLORE_JOURNALED_RUNS_H_
#define POWERCUT_HARNESS_EXPLORE_JOURNALED_RUNS_H_

#include <optional>
#include <string>

#include "harness/cache/run_journal.h"
#include "harness/worker/worker_pool.h"

namespace powercut {

// Not thread-safe.
class JournaledRuns {
 public:
  // What is given must outlive this object. `journal` may be `nullptr`: there
  // are no runs then, and none is kept. The outcomes of runs go into the pool's
  // table.
  JournaledRuns(RunJournal* journal, WorkerPool& pool, const CrashSpace& space)
      : journal_(journal), pool_(pool), space_(space) {}

  bool has_journal() const { return journal_ != nullptr; }
  // The run on this state; `std::nullopt` if the journal has none.
  std::optional<RunResult> Find(const CrashState& state);
  // Keeps a run on this state. A run that died or hung is not kept.
  void Add(const CrashState& state, const RunResult& result);
  // Why a run could not be kept; empty if all could.
  const std::string& error() const { return error_; }

 private:
  RunJournal* journal_;
  WorkerPool& pool_;
  const CrashSpace& space_;
  std::string error_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_JOURNALED_RUNS_H_
