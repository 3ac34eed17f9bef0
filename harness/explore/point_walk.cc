// Listing a point costs what changed since the point before: the cursor keeps
// which blocks are open.

#include "harness/explore/point_walk.h"

#include <utility>

#include "harness/explore/tree_walk.h"
#include "harness/space/enumerate.h"

namespace powercut {

PointWalk::PointWalk(const CrashSpace& space, CrashKind kind,
                     const Options& options, RunScheduler& scheduler,
                     SubmitState submit)
    : options_(options),
      scheduler_(scheduler),
      submit_(std::move(submit)),
      cursor_(space, kind) {
  if (submit_) return;
  submit_ = [this](const CrashState& state, const Hash128&, uint32_t index) {
    StateRequest request;
    request.state = state;
    request.point_index = index;
    scheduler_.Submit(std::move(request));
    return scheduler_.RunReady();
  };
}

bool PointWalk::WalkPoint(EventNumber point, uint32_t point_index) {
  if (options_.space.mode == ExplorationSpace::kExhaustive) {
    return SubmitRoot(point, point_index);
  }
  return SubmitListed(point, point_index);
}

// The root of a point's tree is its prefix. It is walked even if it was
// visited, since what it reads says how the tree goes on.
bool PointWalk::SubmitRoot(EventNumber point, uint32_t point_index) {
  StateRequest root = TreeWalk::Root(point, cursor_.kind(), point_index);
  root.seen = options_.prefixes_done;
  scheduler_.Submit(std::move(root));
  return scheduler_.RunReady();
}

bool PointWalk::SubmitListed(EventNumber point, uint32_t point_index) {
  cursor_.MoveTo(point);
  return EnumerateStates(cursor_, options_.space, options_.seed,
                         [&](const CrashState& state, const Hash128& image) {
                           const bool prefix =
                               state.origin == CrashState::kNewest &&
                               state.choices.empty();
                           if (prefix && options_.prefixes_done) return true;
                           return submit_(state, image, point_index);
                         });
}

}  // namespace powercut
