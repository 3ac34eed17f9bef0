// Puts lost blocks back to their newest version in chunks: all of them, then
// halves, down to single ones, and again single ones until no block can be put
// back any more. A chunk stays so if the finding still shows.
//
// Example: blocks A, B, C and D are lost, and the finding needs the loss of B
// and C. Keeping all four fails, {C, D} fails, {A, B} fails; then D is kept, C
// fails, B fails, A is kept. The next round keeps none, so that B and C stay
// lost.

#include "harness/minimize/state_shrinker.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "harness/explain/replay.h"
#include "harness/space/crash_state.h"
#include "harness/space/state_id.h"

namespace powercut {
namespace {

// The recording, in which the states that are tried are replayed.
class StateShrinker {
 public:
  StateShrinker(const RecordedRun& run, const RunOptions& options,
                const std::function<bool()>& stop)
      : run_(run),
        options_(options),
        stop_(stop),
        space_(run.trace(), run.setting.atomic_bytes) {}

  Result<Finding> Shrink(Finding finding) {
    POWERCUT_ASSIGN(const StateId id, ParseStateId(finding.id));
    PointCursor cursor(space_, id.steps[0].kind);
    POWERCUT_ASSIGN(const CrashState named, ResolveStep(id.steps[0], cursor));
    // Described from newest, the choices are exactly the lost and torn blocks.
    CrashState state = FromOrigin(named, CrashState::kNewest, cursor);
    inner_.assign(id.steps.begin() + 1, id.steps.end());
    POWERCUT_TRY(DropInner(state, cursor, finding));
    for (size_t chunk = state.choices.size(); chunk > 0;) {
      const size_t before = state.choices.size();
      POWERCUT_TRY(KeepBlocks(chunk, cursor, state, finding));
      // A block that was needed may not be any more once others are kept.
      const bool again = chunk == 1 && state.choices.size() < before;
      chunk = again ? 1 : chunk / 2;
    }
    return finding;
  }

 private:
  // Drops the crashes during recovery if the cause shows without them.
  Status DropInner(const CrashState& state, const PointCursor& cursor,
                   Finding& finding) {
    if (inner_.empty()) return Ok{};
    std::vector<CrashStep> inner = std::exchange(inner_, {});
    POWERCUT_ASSIGN(std::optional<Finding> again, Show(state, cursor, finding));
    if (again) {
      finding = std::move(*again);
    } else {
      inner_ = std::move(inner);
    }
    return Ok{};
  }

  // Tries to keep each chunk of so many lost blocks, the last chunk first.
  Status KeepBlocks(size_t chunk, const PointCursor& cursor, CrashState& state,
                    Finding& finding) {
    size_t end = state.choices.size();
    while (end > 0) {
      const size_t begin = end - std::min(end, chunk);
      CrashState candidate = state;
      candidate.choices.erase(
          candidate.choices.begin() + static_cast<ptrdiff_t>(begin),
          candidate.choices.begin() + static_cast<ptrdiff_t>(end));
      POWERCUT_ASSIGN(std::optional<Finding> again,
                      Show(candidate, cursor, finding));
      if (again) {
        state = std::move(candidate);
        finding = std::move(*again);
      }
      end = begin;
    }
    return Ok{};
  }

  // Replays another state. Returns its finding of the same cause and path, or
  // `std::nullopt` if it has none.
  Result<std::optional<Finding>> Show(const CrashState& state,
                                      const PointCursor& cursor,
                                      const Finding& finding) {
    if (stop_ && stop_()) return std::optional<Finding>();
    StateId id{{CanonicalStep(state, cursor)}, run_.trace().Digest()};
    id.steps.insert(id.steps.end(), inner_.begin(), inner_.end());
    auto replayed = Replay(run_, id, options_);
    // Another first crash may have another recovery, in which these crashes
    // cannot happen.
    const bool no_state = !replayed && !inner_.empty() &&
                          replayed.error().code == ErrorCode::kUsage;
    if (no_state) return std::optional<Finding>();
    if (!replayed) return replayed.error();
    for (Finding& again : replayed->findings) {
      if (again.violation.cause == finding.violation.cause &&
          again.violation.path == finding.violation.path) {
        return std::optional(std::move(again));
      }
    }
    return std::optional<Finding>();
  }

  const RecordedRun run_;
  const RunOptions& options_;
  const std::function<bool()>& stop_;
  CrashSpace space_;
  // The crashes during recovery that the cause needs.
  std::vector<CrashStep> inner_;
};

}  // namespace

Result<Finding> ShrinkState(const RecordedRun& run, const RunOptions& options,
                            Finding finding,
                            const std::function<bool()>& stop) {
  return StateShrinker(run, options, stop).Shrink(std::move(finding));
}

}  // namespace powercut
