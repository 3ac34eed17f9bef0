// BoundWatch: whether an exploration must end early, and why.

#ifndef POWERCUT_HARNESS_EXPLORE_BOUND_WATCH_H_
#define POWERCUT_HARNESS_EXPLORE_BOUND_WATCH_H_

#include <cstdint>
#include <string>

#include "harness/explore/explore_options.h"
#include "harness/recover/outcome_table.h"

namespace powercut {

// The budget counts from the construction on.
class BoundWatch {
 public:
  // Both must outlive this object.
  BoundWatch(const ExploreOptions& options, const OutcomeTable& outcomes);

  // `runs` counts all recoveries, `nested_runs` those of nested states. Once it
  // returned true, the exploration must end.
  bool MustStop(uint64_t runs, uint64_t nested_runs);

  // Whether the search for the losses of causes, which comes after the
  // exploration, must end. It may take a quarter of the budget more.
  bool MustStopNaming();

  bool interrupted() const { return interrupted_; }

  // Which bound it was, in words. `journal_error` is why the journal could not
  // be written; empty if it could. Requires: MustStop() or the scheduler ended
  // the exploration.
  std::string Describe(const std::string& journal_error) const;

 private:
  bool OutcomesAreTooLarge() const;

  const ExploreOptions& options_;
  const OutcomeTable& outcomes_;
  uint64_t began_ms_;
  bool interrupted_ = false;
  bool over_budget_ = false;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_BOUND_WATCH_H_
