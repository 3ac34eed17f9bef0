// Looks at the bounds in a fixed order, so that MustStop() and Describe()
// agree.

#include "harness/explore/bound_watch.h"

#include <fmt/format.h>

#include "harness/base/monotonic_clock.h"

namespace powercut {
namespace {

// Every different outcome is kept for judging and confirming, in memory.
constexpr uint64_t kOutcomeBytesMax = uint64_t{4} << 30;

}  // namespace

BoundWatch::BoundWatch(const ExploreOptions& options,
                       const OutcomeTable& outcomes)
    : options_(options), outcomes_(outcomes), began_ms_(MonotonicMs()) {}

bool BoundWatch::OutcomesAreTooLarge() const {
  return outcomes_.bytes() > kOutcomeBytesMax;
}

bool BoundWatch::MustStop(uint64_t runs, uint64_t nested_runs) {
  const ExploreBounds& bounds = options_.bounds;
  if (options_.hooks.interrupted && options_.hooks.interrupted()) {
    interrupted_ = true;
    return true;
  }
  // The scheduler itself holds back runs beyond the bound, so that it falls at
  // the same place for any number of jobs. It does not know of nested runs.
  if (nested_runs > 0 && bounds.max_runs && runs >= *bounds.max_runs) {
    return true;
  }
  if (OutcomesAreTooLarge() || !outcomes_.AllRun()) return true;
  over_budget_ =
      bounds.budget_ms && MonotonicMs() - began_ms_ > *bounds.budget_ms;
  return over_budget_;
}

bool BoundWatch::MustStopNaming() {
  const ExploreBounds& bounds = options_.bounds;
  if (options_.hooks.interrupted && options_.hooks.interrupted()) return true;
  return bounds.budget_ms &&
         MonotonicMs() - began_ms_ > *bounds.budget_ms + *bounds.budget_ms / 4;
}

std::string BoundWatch::Describe(const std::string& journal_error) const {
  if (interrupted_) return "interrupted";
  if (over_budget_) {
    const uint64_t budget_ms = *options_.bounds.budget_ms;
    const bool seconds = budget_ms % 1000 == 0;
    return fmt::format("--budget of {}{}",
                       seconds ? budget_ms / 1000 : budget_ms,
                       seconds ? "s" : "ms");
  }
  if (OutcomesAreTooLarge()) {
    return fmt::format("different outcomes take more than {} GiB",
                       kOutcomeBytesMax >> 30);
  }
  if (!journal_error.empty()) return journal_error;
  return fmt::format("--max-runs {}", options_.bounds.max_runs.value_or(0));
}

}  // namespace powercut
