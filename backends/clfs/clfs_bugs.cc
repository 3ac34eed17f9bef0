// Describes the bugs, in the order of ClfsBug. The array has room for kNone and
// each of kClfsBugs; a description too many does not compile.

#include "backends/clfs/clfs_bugs.h"

namespace powercut {

std::string_view ClfsBugName(ClfsBug bug) {
  constexpr std::array<std::string_view, kClfsBugs.size() + 1> kNames = {
      "none",
      "flush does nothing",
      "flush stops at the device",
      "a NULL LSN is none",
      "flush to an LSN leaves it out",
      "flush of the own area only",
      "force_append is nothing",
      "force_flush is force_append",
      "restart record alone",
      "restart base apart",
      "restart skips pointers",
      "flush forgets the reset",
      "control block without a shadow",
      "gap accepted",
      "torn block accepted",
      "base beyond the end",
      "LSN reused",
      "stale blocks resurface",
      "reset keeps records",
      "LSN of a pointer reused",
  };
  return kNames[static_cast<size_t>(bug)];
}

}  // namespace powercut
