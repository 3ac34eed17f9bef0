// CulpritSearch finds which state of a row of states did the damage that made a
// later state fail.

#ifndef POWERCUT_HARNESS_WORKER_CULPRIT_SEARCH_H_
#define POWERCUT_HARNESS_WORKER_CULPRIT_SEARCH_H_

#include <cstddef>
#include <optional>

namespace powercut {

// Finds an i in [from, end) such that running the states from i on fails, while
// running them from i + 1 on does not. Running them from `end` on is taken not
// to fail. The search asks from the end backwards in steps that double, since
// most damage shows soon, then bisects. It asks O(log(end - from)) questions,
// and only about states near the end if the culprit is there.
class CulpritSearch {
 public:
  // Requires: from < end.
  CulpritSearch(size_t from, size_t end);

  // The state to begin the next trial with. `std::nullopt` once the search is
  // over.
  std::optional<size_t> Next() const;
  // Says whether the trial that Next() asks for failed.
  // Requires: the search is not over.
  void Tell(bool failed);
  // The culprit, once the search is over. `std::nullopt` if no trial failed.
  std::optional<size_t> culprit() const { return fails_; }

 private:
  size_t from_;
  // The smallest start that did not fail.
  size_t clean_;
  // The largest start that failed. `std::nullopt` while none has.
  std::optional<size_t> fails_;
  // How far before `clean_` the next trial begins, while none has failed.
  size_t step_ = 1;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_CULPRIT_SEARCH_H_
