// Which sync more would have saved a state: each of a few is tried in turn, by
// an exploration of the same calls with that sync among them.

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <utility>

#include "harness/space/crash_state.h"
#include "library/states/loop_runner.h"
#include "library/states/lost_calls.h"

namespace powercut {
namespace {

// How long the search for a remedy may explore for one candidate.
constexpr uint64_t kRemedyBudgetMs = 2'000;
constexpr size_t kRemediesTried = 6;

}  // namespace

// Inserts one sync after a call that the state lost, and explores again: if the
// cause is gone, that sync is the remedy.
std::string LoopRunner::RemedyFor(ProfileRun& run, const std::string& cause,
                                  const CrashState& state) {
  const std::string& profile = loop_.report_.parts.back().profile;
  const CrashSpace space(run.trace(), run.run().setting.atomic_bytes);
  PointCursor cursor(space, state.kind);
  cursor.MoveTo(state.point);
  size_t tried = 0;
  for (const ExtraSync& sync : SyncsFor(run.issued(), state, cursor)) {
    if (loop_.stopping_ || ++tried > kRemediesTried) break;
    Calls calls = run.calls();
    Call call;
    const bool of_disk = sync.path.empty();
    const bool of_log = loop_.options_.logs.has_value();
    call.op.kind = of_disk  ? OpKind::kDiskFlush
                   : of_log ? OpKind::kLogFlush
                            : OpKind::kFsync;
    if (!of_disk) call.op.names = {sync.path};
    call.op.number = static_cast<uint32_t>(calls.size() + 1);
    call.path = sync.path;
    calls.insert(calls.begin() + static_cast<ptrdiff_t>(sync.after) + 1, call);
    auto with = RecordAs(calls, profile);
    if (!with) continue;
    ExploreOptions options = OptionsOfExploration();
    options.bounds.budget_ms = kRemedyBudgetMs;
    bool seen = false;
    options.hooks.cause_seen = [&](const std::string& one) {
      seen |= one == cause;
    };
    options.hooks.interrupted = [&] { return seen || loop_.stopping_; };
    const RecordedRun recorded = (*with)->run();
    auto explored = powercut::Explore(recorded, options);
    if (!explored || seen || !explored->exhausted) continue;
    return fmt::format(
        "{} after `{}`{} saves it",
        of_disk ? "a flush of the disk"
                : (of_log ? "a flush of " : "an fsync of ") + sync.path,
        CallText(run.calls()[sync.after]),
        PlaceInWords(run.calls()[sync.after]));
  }
  return "";
}

}  // namespace powercut
