#include "harness/cause_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace powercut {

CauseGroups::CauseGroups(const Context& context) : context_(context) {}

PointCursor& CauseGroups::CursorAt(const CrashState& state) {
  auto& cursor = cursors_[static_cast<size_t>(state.kind)];
  if (cursor == nullptr) {
    cursor = std::make_unique<PointCursor>(context_.space, state.kind);
  }
  cursor->MoveTo(state.point);
  return *cursor;
}

bool CauseGroups::Add(const Violation& violation, const ViolatingState& at,
                      bool counted) {
  const auto [entry, added] = groups_.try_emplace(violation.cause);
  Group& group = entry->second;
  if (!counted) ++group.count;
  if (!counted && context_.list_states) List(at.state, group);
  // A prefix beats whatever lost a block, without walking the cursor there.
  if (!added && group.lost_blocks == 0 && !at.state.choices.empty() &&
      at.state.origin == CrashState::kNewest) {
    return false;
  }
  const uint64_t lost = LostBlocks(at.state, CursorAt(at.state));
  if (!added && !IsSimpler(at, lost, group)) return false;
  group.lost_blocks = lost;
  group.shown = at;
  group.step.clear();
  group.violation = violation;
  return added;
}

bool CauseGroups::IsSimpler(const ViolatingState& at, uint64_t lost,
                            Group& group) {
  const CrashState& shown = group.shown.state;
  const auto now = std::tuple(lost, at.state.point, at.state.marks);
  const auto best = std::tuple(group.lost_blocks, shown.point, shown.marks);
  if (now != best) return now < best;
  if (group.step.empty()) {
    group.step = CrashStepText(CanonicalStep(shown, CursorAt(shown)));
  }
  return CrashStepText(CanonicalStep(at.state, CursorAt(at.state))) <
         group.step;
}

void CauseGroups::List(const CrashState& state, Group& group) {
  const CrashStep step = CanonicalStep(state, CursorAt(state));
  group.states.push_back(
      {state.kind, state.point, state.marks,
       StateIdText({{step}, context_.recording.trace.Digest()})});
}

std::vector<Finding> CauseGroups::Confirmed(WorkerPool& pool,
                                            const Judge& judge) {
  std::map<std::string, Group> groups;
  for (auto& [cause, group] : groups_) {
    const RunResult again = pool.RunAlone(group.shown.state);
    if (again.unsteady) {
      Disbelieve(group, "run twice in one process: two results");
    } else if (again.outcome != group.shown.outcome) {
      Disbelieve(group, fmt::format("in a batch: {}; alone in a fresh process: "
                                    "something else",
                                    group.violation.found));
    }
    Merge(groups, std::move(group));
  }
  std::vector<Finding> findings;
  for (auto& [cause, group] : groups) {
    const CrashState& state = group.shown.state;
    Finding finding =
        DescribeFinding({context_.workload, context_.recording.trace,
                         context_.recording.history},
                        group.violation, state, CursorAt(state));
    finding.count = group.count;
    std::sort(group.states.begin(), group.states.end());
    for (ListedState& listed : group.states) {
      finding.states.push_back(std::move(listed.id));
    }
    finding.excuses = ExcusesOf(group, pool, judge);
    findings.push_back(std::move(finding));
  }
  return findings;
}

// Groups that were not confirmed may share a cause now.
void CauseGroups::Merge(std::map<std::string, Group>& groups, Group group) {
  const auto [entry, added] = groups.try_emplace(group.violation.cause, group);
  if (added) return;
  Group& other = entry->second;
  const uint64_t count = other.count + group.count;
  std::vector<ListedState> states = std::move(other.states);
  states.insert(states.end(), group.states.begin(), group.states.end());
  const auto place = [](const Group& g) {
    return std::tuple(g.lost_blocks, g.shown.state.point, g.shown.state.marks);
  };
  if (place(group) < place(other)) other = std::move(group);
  other.count = count;
  other.states = std::move(states);
}

void CauseGroups::Disbelieve(Group& group, const std::string& found) const {
  CauseParts parts;
  parts.kind = ViolationKind::kNondeterministic;
  if (group.violation.op > 0) {
    parts.op = context_.workload.OpNumber(group.violation.op).kind;
  }
  group.violation.kind = parts.kind;
  group.violation.found = found;
  group.violation.cause = MakeCause(parts);
}

std::vector<std::string> CauseGroups::ExcusesOf(const Group& group,
                                                const WorkerPool& pool,
                                                const Judge& judge) const {
  std::vector<std::string> excuses;
  for (const ProfileSwitch& flip : ProfileSwitches()) {
    Profile profile = *context_.setting.profile;
    profile.*flip.member = !(profile.*flip.member);
    // Only a switch that then admits more or promises less can excuse.
    if (profile.*flip.member != flip.widens) continue;
    const auto violations =
        judge.AskUnder(profile, pool.outcomes()[group.shown.outcome],
                       group.shown.history, group.shown.state.kind);
    const bool still = std::any_of(
        violations.begin(), violations.end(),
        [&](const Violation& v) { return v.path == group.violation.path; });
    if (!still) excuses.emplace_back(flip.name);
  }
  return excuses;
}

}  // namespace powercut
