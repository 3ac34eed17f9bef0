// PartViews: what crash states show of each independent part. An exploration
// that varies parts one at a time sees fewer observations, and must see of each
// part, beside everything that belongs to no part, all that there is.

#ifndef POWERCUT_FUZZ_DRAW_PART_VIEWS_H_
#define POWERCUT_FUZZ_DRAW_PART_VIEWS_H_

#include <compare>
#include <cstdint>
#include <set>

#include "fuzz/draw/seen_states.h"
#include "model/files/independent_parts.h"

namespace powercut {

struct PartView {
  CrashKind kind = CrashKind::kPower;
  EventNumber point = 0;
  uint32_t part = 0;
  // A hash of the outcome in which all other parts are blank.
  Hash128 outcome;

  auto operator<=>(const PartView&) const = default;
};

// Cost: O(what was seen times the parts).
std::set<PartView> ViewsOf(const SeenStates& seen,
                           const IndependentParts& parts);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_PART_VIEWS_H_
