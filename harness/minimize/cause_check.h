// CauseCheck: says whether a workload still shows a cause, and what can stay of
// a workload from which ops were removed.

#ifndef POWERCUT_HARNESS_MINIMIZE_CAUSE_CHECK_H_
#define POWERCUT_HARNESS_MINIMIZE_CAUSE_CHECK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "harness/explore/explore.h"
#include "harness/record/recording.h"
#include "model/pcut/pcut.h"

namespace powercut {

// Returns the workload with only the ops that can stay by the text alone. It
// leaves out an op that PcutScope does not accept after the ops before it (such
// as a write to a handle that no op opened), a `start` whose number is taken,
// and a `wait` whose `start` is missing. Cost: O(n^2) for n statements.
Pcut WithoutOrphans(const Pcut& pcut);

// Tries workloads on a backend, and remembers those that do not show the cause.
// Not thread-safe.
class CauseCheck {
 public:
  // `interrupted` may be empty; once it returns true, ReduceIfShown() returns
  // `std::nullopt`.
  // Requires: `backend` outlives this object; `options` has no hooks and no
  // budget.
  CauseCheck(Backend& backend, RunSetting setting, ExploreOptions options,
             std::string cause, std::function<bool()> interrupted);

  // Records the workload and explores it until the cause is seen. An op that
  // ends otherwise than its line says is left out, and the workload recorded
  // again, until all ops end as they should. Returns what is left if that shows
  // the cause, otherwise `std::nullopt`.
  //
  // The answer depends on the workload and the arguments of the constructor
  // only, not on the jobs, unless it was interrupted. A workload that was
  // refused is not run again.
  std::optional<Pcut> ReduceIfShown(const Pcut& pcut);

  // A state that shows the cause in the last workload that ReduceIfShown()
  // returned. It is not always the simplest one, and which one it is may depend
  // on the jobs.
  const std::optional<Finding>& last_finding() const { return last_finding_; }
  // How many workloads were recorded.
  uint64_t tried() const { return tried_; }

 private:
  std::optional<Pcut> KeepRecorded(Pcut pcut);
  std::optional<Finding> FindCause(const Workload& workload,
                                   const Recording& recording);
  bool Interrupted() const { return interrupted_ && interrupted_(); }

  Backend& backend_;
  RunSetting setting_;
  ExploreOptions options_;
  std::string cause_;
  std::function<bool()> interrupted_;
  std::optional<Finding> last_finding_;
  uint64_t tried_ = 0;
  // The texts of the workloads that do not show the cause.
  std::set<std::string> refused_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_CAUSE_CHECK_H_
