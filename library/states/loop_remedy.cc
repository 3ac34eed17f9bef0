// Which sync more would have saved a state: each of a few is tried in turn, by
// an exploration of the same calls with that sync among them.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/space/crash_state.h"
#include "library/states/loop_runner.h"
#include "library/states/lost_calls.h"

namespace powercut {
namespace {

// How long the search for a remedy may explore for one candidate.
constexpr uint64_t kRemedyBudgetMs = 2'000;
constexpr size_t kRemediesTried = 6;

// The calls that were made at the same place as this one, itself among them.
std::vector<size_t> CallsOfOnePlace(const Calls& calls, size_t call) {
  std::vector<size_t> same;
  for (size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].op.kind == calls[call].op.kind &&
        PlaceText(calls[i].place) == PlaceText(calls[call].place)) {
      same.push_back(i);
    }
  }
  return same;
}

// What the remedy asks for beside a planned failure of a sync. The sync that is
// tried is not counted by the plan, but one that the user adds is: then another
// sync fails than before.
std::string_view ConditionOfRemedy(const Calls& calls) {
  const bool planned = std::ranges::any_of(calls, [](const Call& call) {
    return IsSync(call) && (call.fails || call.lies);
  });
  return planned ? ", if the same sync fails as before" : "";
}

}  // namespace

// Inserts one sync after a call that the state lost, and explores again: if the
// cause is gone, that sync is the remedy. A loop may lack the same sync each
// time round, so that no single one is enough: then one is inserted after each
// call that was made at the same place.
std::string LoopRunner::RemedyFor(ProfileRun& run, const std::string& cause,
                                  const CrashState& state) {
  const CrashSpace space(run.trace(), run.run().setting.atomic_bytes);
  PointCursor cursor(space, state.kind);
  cursor.MoveTo(state.point);
  std::vector<ExtraSync> syncs = SyncsFor(run.issued(), state, cursor);
  syncs.resize(std::min(syncs.size(), kRemediesTried));
  const Calls& calls = run.calls();
  const auto in_words = [&](const ExtraSync& sync) -> std::string {
    if (sync.path.empty()) return "a flush of the disk";
    return (loop_.options_.logs ? "a flush of " : "an fsync of ") + sync.path;
  };
  bool all_known = true;
  for (const ExtraSync& sync : syncs) {
    const auto saves = SavesIt(calls, sync.path, {sync.after}, cause);
    all_known = all_known && saves.has_value();
    if (!saves.value_or(false)) continue;
    return fmt::format("{} after `{}`{} saves it{}", in_words(sync),
                       CallText(calls[sync.after]),
                       PlaceInWords(calls[sync.after]),
                       ConditionOfRemedy(calls));
  }
  for (const ExtraSync& sync : syncs) {
    if (!all_known) break;
    const Call& call = calls[sync.after];
    const std::vector<size_t> same = CallsOfOnePlace(calls, sync.after);
    if (same.size() < 2 || PlaceText(call.place).empty()) continue;
    if (!SavesIt(calls, sync.path, same, cause).value_or(false)) continue;
    return fmt::format(
        "no single sync saves it; {} after each of the {} calls at {} does{}",
        in_words(sync), same.size(), PlaceText(call.place),
        ConditionOfRemedy(calls));
  }
  return "";
}

std::optional<bool> LoopRunner::SavesIt(const Calls& calls,
                                        const std::string& path,
                                        const std::vector<size_t>& after,
                                        const std::string& cause) {
  if (loop_.stopping_) return std::nullopt;
  const bool of_log = loop_.options_.logs.has_value();
  Calls more = calls;
  for (auto call = after.rbegin(); call != after.rend(); ++call) {
    Call sync;
    sync.op.kind = path.empty() ? OpKind::kDiskFlush
                   : of_log     ? OpKind::kLogFlush
                                : OpKind::kFsync;
    if (!path.empty()) sync.op.names = {path};
    sync.op.number = static_cast<uint32_t>(more.size() + 1);
    sync.path = path;
    more.insert(more.begin() + static_cast<ptrdiff_t>(*call) + 1, sync);
  }
  auto with = RecordAs(more, loop_.report_.parts.back().profile);
  if (!with) return std::nullopt;
  ExploreOptions options = OptionsOfExploration();
  options.bounds.budget_ms = kRemedyBudgetMs;
  bool seen = false;
  options.hooks.cause_seen = [&](const std::string& one) {
    seen |= one == cause;
  };
  options.hooks.interrupted = [&] { return seen || loop_.stopping_; };
  const RecordedRun recorded = (*with)->run();
  auto explored = powercut::Explore(recorded, options);
  if (seen) return false;
  const bool all_seen = explored && explored->exhausted && !loop_.stopping_;
  if (!all_seen) return std::nullopt;
  return true;
}

}  // namespace powercut
