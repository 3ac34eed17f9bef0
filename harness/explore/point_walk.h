// PointWalk: submits the states of crash points to a scheduler, one point after
// the other. An exploration walks the points of its recording; a nested one
// walks those of a recovery.

#ifndef POWERCUT_HARNESS_EXPLORE_POINT_WALK_H_
#define POWERCUT_HARNESS_EXPLORE_POINT_WALK_H_

#include <cstdint>
#include <functional>

#include "harness/explore/run_scheduler.h"
#include "harness/space/crash_space.h"
#include "harness/space/exploration_space.h"

namespace powercut {

// The space `exhaustive` is a walk of each point's decision tree: only its root
// is submitted here, and TreeWalk submits what differs from a state that ran.
// Other spaces list their states.
class PointWalk {
 public:
  struct Options {
    // Not kDefault.
    ExplorationSpace space;
    // Chooses the states of `sample:N`.
    uint64_t seed = 1;
    // Whether the prefixes, in which each block holds its newest version, were
    // visited before: they are not visited again.
    bool prefixes_done = false;
  };
  // Submits a state that a space lists; `image` is the hash of its image. False
  // if the walk must end.
  using SubmitState = std::function<bool(
      const CrashState& state, const Hash128& image, uint32_t point_index)>;

  // Walks the points of one crash kind. `space` and `scheduler` must outlive
  // this object. If `submit` is empty, states are submitted to the scheduler as
  // they are.
  PointWalk(const CrashSpace& space, CrashKind kind, const Options& options,
            RunScheduler& scheduler, SubmitState submit = {});
  PointWalk(const PointWalk&) = delete;
  PointWalk& operator=(const PointWalk&) = delete;

  // Submits the states after `point` disk events and lets the scheduler work on
  // them. False if a bound ended it.
  // Requires: no earlier call had a greater point.
  bool WalkPoint(EventNumber point, uint32_t point_index);

 private:
  bool SubmitRoot(EventNumber point, uint32_t point_index);
  bool SubmitListed(EventNumber point, uint32_t point_index);

  Options options_;
  RunScheduler& scheduler_;
  SubmitState submit_;
  PointCursor cursor_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_POINT_WALK_H_
