// TreeWalk: from one answered state of a point's decision tree to the next
// ones.

#ifndef POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_
#define POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_

#include "harness/explore/run_scheduler.h"

namespace powercut {

struct TreeWalk {
  BlockContents& contents;
  CopyMode copied = CopyMode::kAsRead;
  uint32_t torn = 0;  // blocks of a state that may be torn

  // The state at the root: everything at its newest version.
  static StateRequest Root(EventNumber point, CrashKind kind,
                           uint32_t point_index);

  // Asks the states that differ from this one in one block that was read behind
  // the last one that was decided; of blocks that were only copied, too, where
  // `copied` says so. False: what was decided last was not read at all, so that
  // the storage does not do the same wherever it reads the same.
  bool SubmitNext(const StateRequest& request, const StateOutcome& outcome,
                  RunScheduler& scheduler) const;

 private:
  void Branch(const StateRequest& request, Slot slot, bool expand,
              RunScheduler& scheduler) const;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_
