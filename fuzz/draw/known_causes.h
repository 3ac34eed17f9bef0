// ExploreText explores workloads on ntfs-3g in this process, for fuzz targets
// and for tests that compare the causes they find with a list.

#ifndef POWERCUT_FUZZ_DRAW_KNOWN_CAUSES_H_
#define POWERCUT_FUZZ_DRAW_KNOWN_CAUSES_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/explore/explore.h"

namespace powercut {

// Returns what the crashes of a workload on ntfs-3g show, in the space
// `epoch:1` with blocks of 512 bytes and at most `max_runs` recoveries. Empty
// if the text is no workload that the backend can run, or if it has a `disk`
// line. A crash of the library ends this process.
std::vector<Finding> ExploreText(std::string_view text,
                                 uint64_t max_runs = 2000);

// Returns the causes that the `.pcut` files in a folder show. Files in folders
// inside it are not looked at.
std::set<std::string> CausesOfRegressions(const std::string& folder);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_KNOWN_CAUSES_H_
