#include "harness/explore/tree_walk.h"

#include <algorithm>
#include <utility>

namespace powercut {

StateQuestion TreeWalk::Root(EventNumber point, CrashKind kind,
                             uint32_t point_index) {
  StateQuestion root;
  root.state.point = point;
  root.state.kind = kind;
  root.point_index = point_index;
  root.expand = true;
  return root;
}

bool TreeWalk::AskNext(const StateQuestion& question, const StateAnswer& answer,
                       StateAnswers& answers) const {
  bool behind = !question.branched;
  for (const ContentId read : answer.path) {
    const Slot slot = contents.slot(read);
    if (behind) Branch(question, slot, /*expand=*/true, answers);
    behind |= slot == question.branched;
  }
  const bool apart = copied == CopiedData::kApart;
  for (const Slot slot : answer.copied) {
    if (behind) Branch(question, slot, /*expand=*/!apart, answers);
    behind |= slot == question.branched;
  }
  return behind;
}

void TreeWalk::Branch(const StateQuestion& question, Slot slot, bool expand,
                      StateAnswers& answers) const {
  const CrashState& state = question.state;
  const auto options =
      contents.Options(state.point, state.kind, slot, question.torn < torn);
  for (size_t i = 1; i < options.size(); ++i) {
    StateQuestion next;
    next.state = state;
    const auto at = std::lower_bound(
        next.state.choices.begin(), next.state.choices.end(), slot,
        [](const BlockChoice& c, Slot s) { return c.slot < s; });
    next.state.choices.insert(at, options[i]);
    next.point_index = question.point_index;
    next.expand = expand;
    next.branched = slot;
    next.torn = question.torn + (options[i].torn.count > 0 ? 1 : 0);
    answers.Ask(std::move(next));
  }
}

}  // namespace powercut
