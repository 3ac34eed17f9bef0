// Searches in two phases. While no trial has failed, the start moves away from
// the end in steps of 1, 2, 4 and so on: for the row [0, 10) the trials begin
// at 9, 7, 3 and 0. Once a trial fails, the culprit lies between that start and
// the last one that did not fail, and the trials bisect this interval: if 3
// fails, the next trial begins at 5.

#include "harness/worker/culprit_search.h"

#include <algorithm>

#include "harness/base/check.h"

namespace powercut {

CulpritSearch::CulpritSearch(size_t from, size_t end)
    : from_(from), clean_(end) {
  POWERCUT_CHECK(from < end);
}

std::optional<size_t> CulpritSearch::Next() const {
  if (fails_) {
    if (clean_ - *fails_ == 1) return std::nullopt;
    return *fails_ + (clean_ - *fails_) / 2;
  }
  if (clean_ == from_) return std::nullopt;
  return clean_ - std::min(step_, clean_ - from_);
}

void CulpritSearch::Tell(bool failed) {
  // Next() depends on the state only, so it still names the trial.
  const size_t tried = Next().value();
  if (failed) {
    fails_ = tried;
  } else {
    clean_ = tried;
    step_ *= 2;
  }
}

}  // namespace powercut
