// Counts the violating states of each cause, and keeps one state of each: the
// simplest seen so far. No state is run again and no finding is described
// before the end, since a state that is dropped for a simpler one needs
// neither.
//
// At the end, the groups get the causes that findings have (groups_by_loss.cc),
// and Confirmed() runs each kept state again alone in a fresh worker. A
// group whose state does not show the same result again gets another cause, of
// kind `nondeterministic` or with the line of the check left out, and groups of
// one new cause are merged.
//
// Example: `57p-w56`, `58p` and `59p-w56` all show `lost/written/append/sync`.
// The group counts 3 states and keeps `58p`, which lost no block.

#include "harness/explore/cause_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "harness/base/utf8.h"
#include "harness/judge/check_cause.h"
#include "harness/judge/stability.h"
#include "harness/recover/check_result.h"
#include "harness/worker/state_chain.h"

namespace powercut {

CauseGroups::CauseGroups(const Context& context) : context_(context) {}

PointCursor& CauseGroups::CursorAt(const CrashState& state) {
  auto& cursor = cursors_[static_cast<size_t>(state.kind)];
  if (cursor == nullptr) {
    // One cursor for each kind stays where the last state was: states come
    // point by point, so that moving it costs little.
    cursor = std::make_unique<PointCursor>(context_.space, state.kind);
  }
  cursor->MoveTo(state.point);
  return *cursor;
}

bool CauseGroups::Add(const Violation& violation, const ViolatingState& at,
                      bool counted) {
  const bool first = causes_.insert(violation.cause).second;
  const auto [entry, added] = groups_.try_emplace(KeyOf(violation, at));
  Group& group = entry->second;
  group.by_loss = entry->first.by_loss;
  group.lost = entry->first.lost;
  if (!counted) ++group.count;
  if (!counted && context_.list_states) List(violation, at, group);
  // If a prefix is kept, a state that lost a block is not simpler. This
  // shortcut saves moving the cursor.
  if (!added && group.lost_blocks == 0 && group.shown.inner.empty() &&
      !at.state.choices.empty() && at.state.origin == CrashState::kNewest) {
    return first;
  }
  const uint64_t lost =
      LostBlocks(at.state, CursorAt(at.state)) + at.inner_lost;
  if (!added && !IsSimpler(at, lost, group)) return first;
  group.lost_blocks = lost;
  group.shown = at;
  group.step.clear();
  group.violation = violation;
  return first;
}

std::vector<CauseSummary> CauseGroups::Summaries() const {
  std::vector<CauseSummary> summaries;
  for (const auto& [key, group] : groups_) {
    summaries.push_back({group.count, group.states, group.shown,
                         group.lost_blocks, group.violation});
  }
  return summaries;
}

bool CauseGroups::AddSummary(CauseSummary summary) {
  const bool first = causes_.insert(summary.violation.cause).second;
  const auto [entry, added] =
      groups_.try_emplace(KeyOf(summary.violation, summary.shown));
  Group& group = entry->second;
  group.by_loss = entry->first.by_loss;
  group.lost = entry->first.lost;
  group.count += summary.count;
  group.states.insert(group.states.end(), summary.states.begin(),
                      summary.states.end());
  if (added || IsSimpler(summary.shown, summary.lost_blocks, group)) {
    group.lost_blocks = summary.lost_blocks;
    group.shown = std::move(summary.shown);
    group.step.clear();
    group.violation = std::move(summary.violation);
  }
  return first;
}

bool CauseGroups::IsSimpler(const ViolatingState& at, uint64_t lost,
                            Group& group) {
  const ViolatingState& shown = group.shown;
  const auto now =
      std::tuple(at.inner.size(), lost, at.state.point, at.state.marks);
  const auto best = std::tuple(shown.inner.size(), group.lost_blocks,
                               shown.state.point, shown.state.marks);
  if (now != best) return now < best;
  // Texts are made on a tie only, since a canonical step costs O(open blocks).
  if (group.step.empty()) group.step = TextOf(shown);
  return TextOf(at) < group.step;
}

std::string CauseGroups::TextOf(const ViolatingState& at) {
  std::string text = CrashStepText(CanonicalStep(at.state, CursorAt(at.state)));
  for (const CrashStep& step : at.inner) text += "/" + CrashStepText(step);
  return text;
}

void CauseGroups::List(const Violation& violation, const ViolatingState& at,
                       Group& group) {
  std::vector<CrashStep> steps = {CanonicalStep(at.state, CursorAt(at.state))};
  steps.insert(steps.end(), at.inner.begin(), at.inner.end());
  group.states.push_back(
      {at.state.kind, at.state.point, at.state.marks,
       StateIdText({steps, context_.run.recording.trace.Digest()}),
       std::string(Utf8Prefix(violation.found, kFoundBytesMax))});
}

// Where a recovery may do something else the next time, the recovery that was
// seen is crashed again, not another one.
Result<ChainResult> CauseGroups::RunAgain(
    const ViolatingState& shown, const WorkerPool::Options& options) const {
  Backend& backend = context_.run.backend;
  if (shown.recovery == nullptr) {
    return RunChain(backend, context_.space, shown.state, shown.inner, options);
  }
  const CrashSpace space(*shown.recovery, context_.space.block_bytes());
  const CrashStep& step = shown.inner.back();
  PointCursor cursor(space, step.kind);
  POWERCUT_ASSIGN(const CrashState state, ResolveStep(step, cursor));
  return RunChain(backend, space, state, {}, options);
}

void CauseGroups::Confirm(Group& group, WorkerPool& pool) {
  const ViolatingState& shown = group.shown;
  const auto again = RunAgain(shown, pool.options());
  const std::string found = "in a batch: " + group.violation.found;
  if (!again) {
    // A step of the chain names no state of the recovery any more.
    return Disbelieve(
        group, found + "; alone in a fresh process: " + again.error().message);
  }
  // RunChain() runs each state twice in one process, so that damage that shows
  // only in the second run is noticed.
  const auto& two = again->unsteady;
  if (two && !SameButForTheLine(two->first, two->second)) {
    return Disbelieve(group, DifferenceInWords(two->first, two->second,
                                               "in one process", "then again"));
  }
  const RecoveryOutcome& batch = pool.outcomes()[shown.outcome];
  const bool last_varies = two && two->first == again->outcome;
  const RecoveryOutcome& last = last_varies ? two->second : again->outcome;
  if (SameResult(batch, again->outcome) && SameResult(batch, last)) return;
  const RecoveryOutcome& other =
      SameResult(batch, again->outcome) ? last : again->outcome;
  if (!SameButForTheLine(batch, other)) {
    return Disbelieve(group, DifferenceInWords(batch, other, "in a batch",
                                               "alone in a fresh process"));
  }
  // The check fails each time. Only its words cannot be relied on.
  group.violation.cause = CheckCauseOfVaryingLine(
      CauseWithoutCheck(group.violation.cause), batch.check);
  group.violation.found = found + "; alone in a fresh process: " + other.check;
}

// Each state of a chain runs twice, unless the first run ends the process.
uint64_t CauseGroups::RecoveriesToConfirm(const ViolatingState& shown,
                                          const WorkerPool& pool) {
  const bool ends =
      pool.outcomes()[shown.outcome].kind == RecoveryOutcome::kObserved;
  const uint64_t outer = shown.recovery == nullptr ? shown.inner.size() : 0;
  return 2 * outer + (ends ? 2 : 1);
}

ConfirmedCauses CauseGroups::Confirmed(WorkerPool& pool, Judge& judge,
                                       bool all_visited,
                                       const std::function<bool()>& stop_naming,
                                       bool runs_are_over) {
  // The order of names, and not that of states or counts, decides which causes
  // are confirmed: a cause that is among the first of the whole is then among
  // the first of each shard that has it, so that shards can be merged.
  ConfirmedCauses confirmed;
  std::map<std::string, Group> groups;
  size_t shown = 0;
  Naming naming{pool, judge, stop_naming};
  auto named = GroupsByCause(naming, all_visited);
  confirmed.recoveries = naming.recoveries;
  for (auto& [cause, group] : named) {
    if (shown++ >= kCausesShownMax) {
      confirmed.unshown.push_back({cause, group.count});
      continue;
    }
    if (!runs_are_over) {
      confirmed.recoveries += RecoveriesToConfirm(group.shown, pool);
      Confirm(group, pool);
    }
    Merge(groups, std::move(group));
  }
  for (auto& [cause, group] : groups) {
    confirmed.findings.push_back(FindingOf(group, pool, judge));
    confirmed.findings.back().violation.cause = cause;
    if (group.by_loss) confirmed.findings.back().loss = group.named;
  }
  return confirmed;
}

Finding CauseGroups::FindingOf(Group& group, const WorkerPool& pool,
                               const Judge& judge) {
  const CrashState& state = group.shown.state;
  Finding finding =
      DescribeFinding(context_.run, group.violation, state, CursorAt(state));
  AddRecoveryFaults(context_.run.workload, pool.outcomes()[group.shown.outcome],
                    finding);
  AddInnerCrashes(group.shown.inner, group.shown.inner_lost, finding);
  if (group.shown.recovery != nullptr) {
    finding.recovery = group.shown.recovery;
    finding.recovery_id = StateIdText(
        {{group.shown.inner.back()}, group.shown.recovery->Digest()});
  }
  finding.count = group.count;
  std::sort(group.states.begin(), group.states.end());
  for (ListedState& listed : group.states) {
    finding.states.push_back(std::move(listed.id));
    finding.found_at.push_back(std::move(listed.found));
  }
  finding.excuses = ExcusesOf(group, pool, judge);
  return finding;
}

// Adds a group to the one of its cause. The group whose state is simpler is
// shown, and counts and states are those of both.
void CauseGroups::Merge(std::map<std::string, Group>& groups, Group group) {
  const auto [entry, added] = groups.try_emplace(CauseOf(group), group);
  if (added) return;
  Group& other = entry->second;
  const uint64_t count = other.count + group.count;
  std::vector<ListedState> states = std::move(other.states);
  states.insert(states.end(), group.states.begin(), group.states.end());
  if (IsSimpler(group.shown, group.lost_blocks, other)) {
    other = std::move(group);
  }
  other.count = count;
  other.states = std::move(states);
}

void CauseGroups::Disbelieve(Group& group, const std::string& found) const {
  CauseParts parts;
  parts.kind = ViolationKind::kNondeterministic;
  // The cause keeps only what is still believed: the op that was in force. Role
  // and guarantee came from an outcome that did not come back.
  if (group.violation.op > 0) {
    parts.op = context_.run.workload.OpNumber(group.violation.op).kind;
  }
  group.violation.kind = parts.kind;
  group.violation.found = found;
  group.violation.cause = MakeCause(parts);
  group.by_loss = false;
}

std::vector<std::string> CauseGroups::ExcusesOf(const Group& group,
                                                const WorkerPool& pool,
                                                const Judge& judge) const {
  std::vector<std::string> excuses;
  for (const ProfileSwitch& flip : ProfileSwitches()) {
    Profile profile = *context_.run.setting.profile;
    profile.*flip.member = !(profile.*flip.member);
    // Only a switch that admits more or promises less when flipped can excuse.
    if (profile.*flip.member != flip.widens) continue;
    const auto violations =
        judge.ViolationsUnder(profile, pool.outcomes()[group.shown.outcome],
                              group.shown.history, group.shown.state.kind);
    // The path decides, not the cause: a switch that turns one violation of the
    // path into another does not make the state admissible.
    const bool still = std::any_of(
        violations.begin(), violations.end(),
        [&](const Violation& v) { return v.path == group.violation.path; });
    if (!still) excuses.emplace_back(flip.name);
  }
  return excuses;
}

}  // namespace powercut
