// Minimize: the smallest workload that still shows a cause, and the simplest
// state of it, as a regression file.

#ifndef POWERCUT_HARNESS_MINIMIZE_MINIMIZE_H_
#define POWERCUT_HARNESS_MINIMIZE_MINIMIZE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "harness/explore/explore.h"
#include "harness/judge/finding.h"
#include "harness/record/recording.h"
#include "model/pcut/pcut.h"

namespace powercut {

struct MinimizeProgress {
  size_t ops = 0;      // of the smallest workload so far
  uint64_t tried = 0;  // workloads that were run
};

struct MinimizeOptions {
  // How to look for the cause. The bound on recoveries is one of each workload
  // that is tried. `progress` is called while all causes of the first and of
  // the last workload are looked for; the other hooks and the budget are not
  // used.
  ExploreOptions explore;
  // Empty: that of the file's own `at`, if it is of this recording and
  // violates; else the first that an `expect violation` names; else the first
  // by name.
  std::string cause;
  // Called before each workload that is tried; may be empty.
  std::function<void(const MinimizeProgress&)> progress;
  // Asked now and then; true ends it with the smallest workload so far.
  std::function<bool()> interrupted;
};

struct Minimized {
  // Directives and faults as they were, the ops that are left, `at`, and an
  // `expect violation` for each kind and path that `check` finds. Comments of
  // their own line among the ops are gone, and so are outcomes that the cause
  // does not need.
  Pcut pcut;
  // With the lines of `pcut` as it prints.
  Finding finding;
  size_t ops_before = 0;
  size_t ops = 0;
  uint64_t tried = 0;
  // Ended early: ops may be left that are not needed, the state may not be the
  // simplest, and only this cause is expected.
  bool interrupted = false;
};

// Shrinks a workload to one that still shows the cause: ops, outcomes and
// numbers as ShrinkWorkload() does, then the blocks that the state lost. A
// workload shows a cause if exploring it as `options.explore` says finds it.
//
// The same for any number of jobs, unless it was interrupted.
// Requires: `setting` is ResolveSetting()'s for this workload.
// Errors: kUnsupported: the backend is not repeatable, or as Explore();
// kUsage: options.cause is not shown; kBadInput: nothing is shown, or as
// BuildWorkload() and Record(); kStale: a bound or an interrupt ended the
// search for a first violation, so that there may be one.
Result<Minimized> Minimize(Backend& backend, const Pcut& pcut,
                           const std::string& file, const RunSetting& setting,
                           const MinimizeOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_MINIMIZE_H_
