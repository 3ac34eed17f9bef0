// Names the losses in the causes of a recorded program.
//
// Failures of a program's check are kept apart by the point of the crash and by
// all that it took. At the end, what was taken at one point is held against
// each other: a state that lost more than another one with the same words
// failed for the loss of that other one. Each state goes to the first such loss
// in the order of ComesBefore(), so that neither what else it lost nor the
// order of the visits matters. What is left at all points is joined by its
// words.
//
// Example: at point 20 the check fails without the data of /f, without that and
// the name of /g, and without the name of /h. The second state goes to the
// first one, so that two causes are left.

#include <algorithm>
#include <utility>

#include "harness/base/check.h"
#include "harness/explore/cause_groups.h"
#include "harness/judge/check_cause.h"

namespace powercut {

CauseGroups::Key CauseGroups::KeyOf(const Violation& violation,
                                    const ViolatingState& at) {
  const ProgramLosses* const losses = context_.run.losses;
  if (losses == nullptr || violation.kind != ViolationKind::kCheck) {
    return {violation.cause, false, 0, {}, 0};
  }
  CountedLosses all = CountedLossesOf(*losses, at.state, CursorAt(at.state));
  // What a crash of the recovery took was not the program's.
  if (!at.inner.empty()) all.lost.merge(LossOfRecovery());
  return {violation.cause, true, at.state.point, std::move(all.lost),
          all.sectors};
}

// Whether states with one key lost less than those with the other one: fewer
// things, or as many, in the order of the things. What lost the same things
// lost less if it is fewer sectors, however the things were lost.
bool CauseGroups::LostLess(const Key& a, const Key& b) {
  if (a.lost.size() != b.lost.size()) return a.lost.size() < b.lost.size();
  const auto thing = [](const LossSet::value_type& one) -> const LostThing& {
    return one.first;
  };
  if (!std::ranges::equal(a.lost, b.lost, {}, thing, thing)) {
    return std::ranges::lexicographical_compare(a.lost, b.lost, {}, thing,
                                                thing);
  }
  return a.sectors != b.sectors ? a.sectors < b.sectors : a.lost < b.lost;
}

// Gives the groups of one cause and point, each of which lost other things, to
// the first loss that is a part of theirs.
void CauseGroups::JoinPoint(std::map<Key, Group>::iterator begin,
                            std::map<Key, Group>::iterator end,
                            std::map<std::string, Group>& groups) {
  std::vector<std::pair<const Key*, Group*>> by_size;
  for (auto group = begin; group != end; ++group) {
    by_size.emplace_back(&group->first, &group->second);
  }
  std::ranges::sort(by_size, [](const auto& a, const auto& b) {
    return LostLess(*a.first, *b.first);
  });
  std::vector<Group*> smallest;
  for (const auto& [key, group] : by_size) {
    const LossSet& lost = group->lost;
    const auto part = std::ranges::find_if(smallest, [&](const Group* other) {
      return IsPartOf(other->lost, lost);
    });
    if (part == smallest.end()) {
      smallest.push_back(group);
      continue;
    }
    // A state that lost more is not shown, though it may have lost fewer
    // blocks: it need not fail if it loses no more than the part.
    (*part)->count += group->count;
    (*part)->states.insert((*part)->states.end(), group->states.begin(),
                           group->states.end());
  }
  for (Group* const group : smallest) {
    group->named = NamedLoss(StateLosing(*group), group->lost);
    Merge(groups, std::move(*group));
  }
}

// The shown state of the group, which loses no more than the group names.
CrashState CauseGroups::StateLosing(const Group& group) {
  const ProgramLosses* const losses = context_.run.losses;
  const CrashState& shown = group.shown.state;
  if (losses == nullptr) return shown;
  return StateLosingOnly(group.lost, *losses, shown, CursorAt(shown));
}

// Which of the things that a state lost stand in the cause: without what only
// follows from others. `lost` says whether a recovery crashed.
LossSet CauseGroups::NamedLoss(const CrashState& only, const LossSet& lost) {
  const ProgramLosses* const losses = context_.run.losses;
  if (losses == nullptr) return {};
  LossSet named = OwnLossesOf(*losses, only, CursorAt(only));
  if (IsPartOf(LossOfRecovery(), lost)) named.merge(LossOfRecovery());
  return named;
}

// Whether the state fails in the way of the group. No, if no more may be run.
bool CauseGroups::Fails(const CrashState& state, const Group& group,
                        Naming& naming) {
  if (naming.recoveries >= kPartRunsMax) return false;
  if (naming.stop && naming.stop()) return false;
  ++naming.recoveries;
  const OutcomeId outcome = naming.pool.RunAlone(state).outcome;
  const auto& violations =
      naming.judge.Violations(outcome, group.shown.history, state.kind);
  return std::ranges::any_of(violations, [&](const Violation& violation) {
    return violation.cause == group.violation.cause;
  });
}

// Finds the first part of the loss with which the shown state would fail in the
// same way, and the last of its writes with which it would, by running them.
void CauseGroups::NameSmallestLoss(Group& group, Naming& naming) {
  const ViolatingState& shown = group.shown;
  const PointCursor& cursor = CursorAt(shown.state);
  const ProgramLosses& losses = *context_.run.losses;
  if (!PartsOfLoss::AreTried(losses, shown.state, cursor)) return;
  if (group.lost.size() > 1) {
    const PartsOfLoss parts(losses, shown.state, cursor);
    auto smallest = SmallestLoss(group.lost, [&](const LossSet& part) {
      // A state that loses nothing is visited at each point.
      return Result<bool>(!part.empty() &&
                          Fails(parts.StateLosingOnly(part), group, naming));
    });
    POWERCUT_CHECK(smallest);
    group.lost = std::move(*smallest);
  }
  CrashState only = StateLosing(group);
  for (size_t i = 0; i < kKeptFirstMax; ++i) {
    const auto kept = StateKeepingFirst(losses, only, cursor);
    if (!kept || !Fails(*kept, group, naming)) break;
    only = *kept;
  }
  group.named = NamedLoss(only, group.lost);
}

// The groups by the causes that findings have, with the losses named.
std::map<std::string, CauseGroups::Group> CauseGroups::GroupsByCause(
    Naming& naming, bool all_visited) {
  std::map<std::string, Group> groups;
  for (auto begin = groups_.begin(); begin != groups_.end();) {
    const Key& key = begin->first;
    const auto end = std::find_if(begin, groups_.end(), [&](const auto& entry) {
      return entry.first.cause != key.cause ||
             entry.first.by_loss != key.by_loss ||
             entry.first.point != key.point;
    });
    JoinPoint(begin, end, groups);
    begin = end;
  }
  if (all_visited || context_.run.losses == nullptr) return groups;
  std::map<std::string, Group> smaller;
  for (auto& [cause, group] : groups) {
    // A part may have another recovery, in which these crashes cannot happen.
    const bool has_parts = group.by_loss && group.shown.inner.empty();
    if (has_parts && smaller.size() < kCausesShownMax) {
      NameSmallestLoss(group, naming);
    }
    Merge(smaller, std::move(group));
  }
  return smaller;
}

// The cause of a finding of the group.
std::string CauseGroups::CauseOf(const Group& group) {
  if (!group.by_loss) return group.violation.cause;
  return CauseWithLoss(group.violation.cause, LossInWords(group.named));
}

}  // namespace powercut
