// Exploring workloads in this process, for fuzz targets and for tests that
// hold what they find against a list.

#ifndef POWERCUT_FUZZ_DRAW_KNOWN_CAUSES_H_
#define POWERCUT_FUZZ_DRAW_KNOWN_CAUSES_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/explore/explore.h"

namespace powercut {

// What the crashes of a workload on ntfs-3g show, in `epoch:1` at 512-byte
// blocks, at most `max_runs` recoveries, in this process. Text that is no
// workload the backend can run, or one with a disk of its own, shows nothing.
std::vector<Finding> ExploreText(std::string_view text,
                                 uint64_t max_runs = 2000);

// The causes that the `.pcut` files in a folder show.
std::set<std::string> CausesOfRegressions(const std::string& folder);

}  // namespace powercut

#endif  // POWERCUT_FUZZ_DRAW_KNOWN_CAUSES_H_
