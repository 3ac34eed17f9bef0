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
  const size_t tried = Next().value();
  if (failed) {
    fails_ = tried;
  } else {
    clean_ = tried;
    step_ *= 2;
  }
}

}  // namespace powercut
