// How the volume of a crash state differs from another volume, such as that at
// the end of the recording.

#ifndef POWERCUT_HARNESS_EXPLAIN_VOLUME_DIFFERENCE_H_
#define POWERCUT_HARNESS_EXPLAIN_VOLUME_DIFFERENCE_H_

#include <string>
#include <vector>

#include "model/words/observation.h"

namespace powercut {

// One line for each path that is not the same in both, sorted by path:
//
//   /a  missing
//   /b  512 bytes, 1024 at the end; other content from byte 100
//   /c  not there at the end
//
// `end` says `at the end`. Requires: both trees could be walked, and are sorted
// as Observation says. O(contents).
std::vector<std::string> DifferenceOf(const Observation& state,
                                      const Observation& end);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_VOLUME_DIFFERENCE_H_
