// TreeWalk: goes from a state of a point's decision tree that was run, or
// decided by the cache, to the next states (docs/crash_model.md 5).

#ifndef POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_
#define POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_

#include "harness/explore/run_scheduler.h"

namespace powercut {

struct TreeWalk {
  BlockContents& contents;
  CopyMode copied = CopyMode::kAsRead;
  // How many blocks of a state may be torn.
  uint32_t torn = 0;

  // The request for the root of the tree: the state in which every block holds
  // its newest version.
  static StateRequest Root(EventNumber point, CrashKind kind,
                           uint32_t point_index);

  // Submits the states that differ from this one in one block that decides the
  // outcome or was only copied, and that is not settled yet
  // (StateRequest::settled). With CopyMode::kVaryEach, the states that differ
  // in a copied block are not expanded further.
  void SubmitNext(const StateRequest& request, const StateOutcome& outcome,
                  RunScheduler& scheduler) const;

 private:
  void Branch(const StateRequest& request, const SettledSlots& settled,
              bool expand, RunScheduler& scheduler) const;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_
