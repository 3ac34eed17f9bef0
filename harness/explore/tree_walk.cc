// Every state of the tree has one parent: the state without its last change in
// reading order. So a state branches only on blocks that its run read after the
// block that was changed last, and no state is submitted twice.
//
// Example: recovery reads block A, then B. The root (all newest) branches on A
// and on B. A state that changed A branches on what its own run read after A,
// and a state that changed B on what its run read after B, never on A again.

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
  // Whether the block that was changed last has been passed; the root changed
  // none.
  bool behind = !request.branched;
  for (const ContentId read : outcome.path) {
    const Slot slot = contents.slot(read);
    if (behind) Branch(request, slot, /*expand=*/true, scheduler);
    behind |= slot == request.branched;
  }
  // Copied bytes do not decide what is read. If each copied block is varied by
  // itself, the states that differ in one of them are not expanded any further.
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
  // Option 0 is the newest version, which the state holds already.
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
