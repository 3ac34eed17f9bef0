// CulpritSearch: which state of a row broke what failed later.

#ifndef POWERCUT_HARNESS_WORKER_CULPRIT_SEARCH_H_
#define POWERCUT_HARNESS_WORKER_CULPRIT_SEARCH_H_

#include <cstddef>
#include <optional>

namespace powercut {

// The largest i below `end` such that running the states from i on fails, where
// running from `end` on does not. Asks from the end in steps that double, since
// most damage shows soon, then bisects: O(log) questions, and the states asked
// about are few if the culprit is near.
class CulpritSearch {
 public:
  // Requires: from < end.
  CulpritSearch(size_t from, size_t end);

  // What to try; nothing once the search is over.
  std::optional<size_t> Next() const;
  // Whether what Next() says failed. Requires: it says something.
  void Tell(bool failed);
  // Once the search is over; nothing if it never failed.
  std::optional<size_t> culprit() const { return fails_; }

 private:
  size_t from_;
  size_t clean_;                 // the smallest that did not fail
  std::optional<size_t> fails_;  // the largest that failed
  size_t step_ = 1;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_CULPRIT_SEARCH_H_
