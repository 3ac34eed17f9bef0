// CauseCheck: whether a workload still shows a cause, and what can stay of one
// from which ops were taken away.

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

// The ops that can stay by the text alone: an op is left out that names what
// nothing opened or made, a `start` whose number is taken, a `wait` without its
// `start`.
Pcut WithoutOrphans(const Pcut& pcut);

class CauseCheck {
 public:
  // `backend` must outlive this object. `options` without the hooks, and
  // without a budget. `interrupted` may be empty; once it returns true, all
  // answers are `nothing`.
  CauseCheck(Backend& backend, RunSetting setting, ExploreOptions options,
             std::string cause, std::function<bool()> interrupted);

  // Records the workload and explores it until the cause is seen. An op that
  // ends otherwise than it says it must is left out, and so on until all end as
  // they should; what is left is returned if it shows the cause.
  //
  // The answer depends on the workload and the arguments of the constructor
  // only, not on the jobs. A workload that was refused is not run again.
  std::optional<Pcut> ReduceIfShown(const Pcut& pcut);

  // A state that shows the cause in what ReduceIfShown() returned last; not always the
  // simplest. Which one may depend on the jobs.
  const std::optional<Finding>& last_finding() const { return last_finding_; }
  // Workloads that were run.
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
  std::set<std::string> refused_;  // as text
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_CAUSE_CHECK_H_
