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
//
// Independent parts have a tree each, which is that of the recovery that shows
// this part alone: its runs read what the run of the state read for the part or
// for the whole observation, in the same order. The trees are walked together
// while they agree. A request says in which trees it is a state
// (StateRequest::parts), and a slot is settled for the parts in whose trees it
// was passed.
//
// Example: block A is read for part 1, B for part 2, and N for both, in the
// order N, A, B. The root is the root of both trees and branches on all three
// blocks. The state that changed N is in both trees and branches on A and B;
// the state that changed A is in tree 1 only, and does not branch on B.

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

TreeWalk::Mark& TreeWalk::MarkOf(Slot slot, const StateRequest& request) {
  if (slot >= marks_.size()) marks_.resize(slot + 1);
  Mark& mark = marks_[slot];
  if (mark.call != calls_) mark = {calls_, request.parts, kAllParts};
  return mark;
}

void TreeWalk::MarkSettled(const StateRequest& request) {
  for (const SettledSlot& settled : request.settled.slots()) {
    Mark& mark = MarkOf(settled.slot, request);
    mark.open = sets_.Without(mark.open, settled.parts);
  }
}

void TreeWalk::MarkParts(const StateRequest& request,
                         std::span<const SlotPart> parts) {
  for (size_t i = 0; i < parts.size();) {
    const Slot slot = parts[i].slot;
    parts_of_slot_.clear();
    for (; i < parts.size() && parts[i].slot == slot; ++i) {
      parts_of_slot_.push_back(parts[i].part);
    }
    MarkOf(slot, request).read_for = sets_.Of(parts_of_slot_);
  }
}

void TreeWalk::SubmitNext(const StateRequest& request,
                          const StateOutcome& outcome, const Submit& submit) {
  ++calls_;
  MarkSettled(request);
  if (options_.parts > 0) MarkParts(request, outcome.parts);
  const std::span<const SettledSlot> settled = request.settled.slots();
  std::vector<SettledSlot> order(settled.begin(), settled.end());
  const auto add = [&](Slot slot) {
    const Mark& mark = MarkOf(slot, request);
    const PartSetId open = sets_.Common(mark.open, mark.read_for);
    if (open != kNoParts) order.push_back({slot, open});
  };
  for (const ContentId read : outcome.path) add(contents_.slot(read));
  const size_t deciding = order.size();
  for (const Slot slot : outcome.copied) add(slot);
  const auto shared =
      std::make_shared<const std::vector<SettledSlot>>(std::move(order));
  // Copied bytes do not decide what is read. If each copied block is varied by
  // itself, the states that differ in one of them are not expanded any further.
  const bool apart = options_.copied == CopyMode::kVaryEach;
  for (size_t i = settled.size(); i < shared->size(); ++i) {
    Branch(request, {shared, i + 1}, /*expand=*/i < deciding || !apart, submit);
  }
}

void TreeWalk::Branch(const StateRequest& request, const SettledSlots& settled,
                      bool expand, const Submit& submit) const {
  const SettledSlot& last = settled.slots().back();
  const CrashState& state = request.state;
  const auto options = contents_.Options(state.point, state.kind, last.slot,
                                         request.torn < options_.torn);
  // Option 0 is the newest version, which the state holds already.
  for (size_t i = 1; i < options.size(); ++i) {
    StateRequest next;
    next.state = state;
    const auto at = std::lower_bound(
        next.state.choices.begin(), next.state.choices.end(), last.slot,
        [](const BlockChoice& c, Slot s) { return c.slot < s; });
    next.state.choices.insert(at, options[i]);
    next.point_index = request.point_index;
    next.expand = expand;
    next.parts = last.parts;
    next.settled = settled;
    next.torn = request.torn + (options[i].torn.count > 0 ? 1 : 0);
    submit(std::move(next));
  }
}

}  // namespace powercut
