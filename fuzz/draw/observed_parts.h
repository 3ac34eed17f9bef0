// The parts of an observation that can be explored apart, taken out of it and
// put into another one. Tests hold IndependentParts against them.

#ifndef POWERCUT_FUZZ_DRAW_OBSERVED_PARTS_H_
#define POWERCUT_FUZZ_DRAW_OBSERVED_PARTS_H_

#include <vector>

#include "harness/base/shown_part.h"
#include "model/words/observation.h"

namespace powercut {

// The parts that the observation shows, in a fixed order. The paths refer to
// the observation.
std::vector<ShownPart> PartsIn(const Observation& observation);

// Gives the part the value that it has in `from`. Does nothing if one of the
// two observations shows no such part.
// Requires: `part.path` does not refer to `to`.
void CopyPart(ShownPart part, const Observation& from, Observation& to);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_OBSERVED_PARTS_H_
