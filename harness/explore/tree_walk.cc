#include "harness/explore/tree_walk.h"

#include <algorithm>
#include <utility>

namespace powercut {

StateRequest TreeWalk::Root(EventNumber point, CrashKind kind,
                            uint32_t point_index) {
  StateRequest root;
  root.state.point = point;
  root.state.kind = kind;
  root.point_index = point_index;
  root.expand = true;
  return root;
}

bool TreeWalk::SubmitNext(const StateRequest& request,
                          const StateOutcome& outcome,
                          RunScheduler& scheduler) const {
  bool behind = !request.branched;
  for (const ContentId read : outcome.path) {
    const Slot slot = contents.slot(read);
    if (behind) Branch(request, slot, /*expand=*/true, scheduler);
    behind |= slot == request.branched;
  }
  const bool apart = copied == CopyMode::kVaryEach;
  for (const Slot slot : outcome.copied) {
    if (behind) Branch(request, slot, /*expand=*/!apart, scheduler);
    behind |= slot == request.branched;
  }
  return behind;
}

void TreeWalk::Branch(const StateRequest& request, Slot slot, bool expand,
                      RunScheduler& scheduler) const {
  const CrashState& state = request.state;
  const auto options =
      contents.Options(state.point, state.kind, slot, request.torn < torn);
  for (size_t i = 1; i < options.size(); ++i) {
    StateRequest next;
    next.state = state;
    const auto at = std::lower_bound(
        next.state.choices.begin(), next.state.choices.end(), slot,
        [](const BlockChoice& c, Slot s) { return c.slot < s; });
    next.state.choices.insert(at, options[i]);
    next.point_index = request.point_index;
    next.expand = expand;
    next.branched = slot;
    next.torn = request.torn + (options[i].torn.count > 0 ? 1 : 0);
    scheduler.Submit(std::move(next));
  }
}

}  // namespace powercut
