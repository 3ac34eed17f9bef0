// Every state of the tree has one parent: the state without its last change in
// reading order. The blocks up to the one that was changed last are settled,
// and a state branches only on blocks that decide its outcome and are not
// settled. So no state is submitted twice, and every state of the space is
// decided by one that is submitted: follow it from the root, at each state into
// the first unsettled block in which the two differ.
//
// Example: recovery reads block A, then B. The root (all newest) branches on A
// and on B. A state that changed A branches on what its own run read after A,
// and a state that changed B on what its run read after B, never on A again.
//
// The argument does not need that all runs read in one order. If a run that
// changed B reads B before A, A is settled all the same.

#include "harness/explore/tree_walk.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

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

void TreeWalk::SubmitNext(const StateRequest& request,
                          const StateOutcome& outcome,
                          RunScheduler& scheduler) const {
  const std::span<const Slot> settled = request.settled.slots();
  std::vector<Slot> order(settled.begin(), settled.end());
  size_t passed = 0;
  const auto add = [&](Slot slot) {
    // While runs read in one order, they pass the settled slots first and in
    // their order.
    const bool in_order = passed < settled.size() && settled[passed] == slot;
    if (in_order) {
      ++passed;
    } else if (passed == settled.size() ||
               std::find(settled.begin(), settled.end(), slot) ==
                   settled.end()) {
      order.push_back(slot);
    }
  };
  for (const ContentId read : outcome.path) add(contents.slot(read));
  const size_t deciding = order.size();
  for (const Slot slot : outcome.copied) add(slot);
  const auto shared =
      std::make_shared<const std::vector<Slot>>(std::move(order));
  // Copied bytes do not decide what is read. If each copied block is varied by
  // itself, the states that differ in one of them are not expanded any further.
  const bool apart = copied == CopyMode::kVaryEach;
  for (size_t i = settled.size(); i < shared->size(); ++i) {
    Branch(request, {shared, i + 1}, /*expand=*/i < deciding || !apart,
           scheduler);
  }
}

void TreeWalk::Branch(const StateRequest& request, const SettledSlots& settled,
                      bool expand, RunScheduler& scheduler) const {
  const Slot slot = settled.slots().back();
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
    next.settled = settled;
    next.torn = request.torn + (options[i].torn.count > 0 ? 1 : 0);
    scheduler.Submit(std::move(next));
  }
}

}  // namespace powercut
