// Minimize: makes a failing workload smaller while it shows the same cause, and
// then its crash state simpler. The result is a regression file.

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
  // The number of ops of the smallest workload so far.
  size_t ops = 0;
  // How many workloads were recorded.
  uint64_t tried = 0;
};

struct MinimizeOptions {
  // How to look for the cause. The bound on recoveries holds for each workload
  // that is tried, and not for the last exploration, which looks for all causes
  // of the result. `progress` is called while all causes of the first and of
  // the last workload are looked for; the other hooks and the budget are not
  // used.
  ExploreOptions explore;
  // The cause to keep. Empty if Minimize() chooses: the cause of the file's own
  // `at` if that state belongs to this recording and violates; otherwise the
  // first cause that an `expect violation` line names; otherwise the first one
  // by name. If the state of `at` has several causes, they are chosen from in
  // the same way.
  std::string cause;
  // Called before each smaller workload is tried; may be empty.
  std::function<void(const MinimizeProgress&)> progress;
  // Asked now and then; true ends the work with the smallest workload so far.
  // May be empty.
  std::function<bool()> interrupted;
};

struct Minimized {
  // Directives and faults as they were, the ops that are left, `at`, and an
  // `expect violation` line for each kind and path that `check` finds. Comments
  // on lines of their own among the ops are gone, and so are outcomes that the
  // cause does not need.
  Pcut pcut;
  // The finding at the state of `at`. Its lines are those of the printed
  // `pcut`.
  Finding finding;
  // The number of ops that were given, and that are left.
  size_t ops_before = 0;
  size_t ops = 0;
  // How many workloads were recorded while shrinking.
  uint64_t tried = 0;
  // Whether the work was interrupted. If so, ops may be left that are not
  // needed, the state may not be the simplest, and perhaps only this cause is
  // expected.
  bool interrupted = false;
};

// Shrinks a workload to one that still shows the cause: ops, outcomes and
// numbers as ShrinkWorkload() does, then the blocks that the state lost
// (ShrinkState()). A workload shows a cause if exploring it as
// `options.explore` says finds it. `file` is the name for messages.
// docs/crash_model.md 10 has the steps.
//
// The result is the same for any number of jobs, unless it was interrupted.
// Requires: ResolveSetting() made `setting` for this workload.
// Errors: kUnsupported if the backend is not repeatable; kUsage if the cause is
// not shown; kBadInput if there is no violation; kStale if a bound or an
// interrupt ended the search before a violation was seen, so that there may be
// one; kInternal if the cause was seen and then not again; and the errors of
// BuildWorkload(), Record(), Explore() and Replay().
Result<Minimized> Minimize(Backend& backend, const Pcut& pcut,
                           const std::string& file, const RunSetting& setting,
                           const MinimizeOptions& options);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_MINIMIZE_MINIMIZE_H_
