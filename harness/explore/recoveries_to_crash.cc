// A recovery is kept with its events and with the blocks that it did not read:
// those are still undecided when it is interrupted.

#include "harness/explore/recoveries_to_crash.h"

#include <algorithm>

namespace powercut {
namespace {

// How many recoveries are kept before they are crashed, and how many bytes they
// may have written: the check of a database writes megabytes.
constexpr size_t kRecoveriesKept = 1024;
constexpr uint64_t kBytesKept = uint64_t{256} << 20;

}  // namespace

RecoveriesToCrash::RecoveriesToCrash(Backend& backend, const CrashSpace& space,
                                     BlockContents& contents,
                                     NestedOptions options, Visit visit)
    : backend_(backend),
      space_(space),
      contents_(contents),
      options_(std::move(options)),
      visit_(std::move(visit)) {}

void RecoveriesToCrash::Add(const StateRequest& request,
                            const StateOutcome& outcome) {
  if (options_.depth == 0 || outcome.events == nullptr) return;
  const auto& copied = outcome.copied;
  const auto settled = request.settled.slots();
  const bool copy =
      !settled.empty() &&
      std::binary_search(copied.begin(), copied.end(), settled.back().slot);
  // Recovery did not read the block in which this state differs from an earlier
  // one, so the block is undecided for that state's recovery, which is kept.
  if (copy) return;
  InterruptedRecovery recovery{request.state, outcome.events, {}};
  if (options_.space.mode == ExplorationSpace::kExhaustive) {
    recovery.undecided =
        UndecidedBlocks(contents_, request.state, outcome.path);
  }
  for (const RecoveryEvent& event : *recovery.events) {
    kept_bytes_ += event.data.size();
  }
  kept_.emplace_back(request.point_index, std::move(recovery));
}

bool RecoveriesToCrash::CrashIfMany() {
  const bool many =
      kept_.size() >= kRecoveriesKept || kept_bytes_ >= kBytesKept;
  return !many || CrashAll();
}

bool RecoveriesToCrash::CrashAll() {
  NestedCrashes crashes(backend_, options_);
  const RecoveryCounts before = counts_;
  kept_bytes_ = 0;
  for (const auto& [point_index, recovery] : std::exchange(kept_, {})) {
    const bool go_on = crashes.Explore(
        space_, recovery,
        [&, index = point_index](const NestedCrashes::Visited& visited) {
          visit_(index, visited);
        });
    counts_ = before;
    counts_ += crashes.counts();
    if (!contradiction_) contradiction_ = crashes.contradiction();
    if (!go_on || options_.stop()) return false;
  }
  return true;
}

}  // namespace powercut
