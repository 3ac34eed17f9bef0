// Subwalks: what is left of a walk of decision trees, cut so that several
// processes can go on with it.

#ifndef POWERCUT_HARNESS_EXPLORE_SUBWALKS_H_
#define POWERCUT_HARNESS_EXPLORE_SUBWALKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "harness/explore/run_scheduler.h"
#include "harness/explore/tree_filter.h"
#include "harness/space/block_contents.h"

namespace powercut {

// Requests that are walked by one process, in this order.
using Subwalk = std::vector<StateRequest>;

// Requests that must be walked together, since states below them can need the
// same run.
struct RequestGroup {
  // The requests that stand above all others of the group, in their order. What
  // they go on to may belong to several groups.
  std::vector<StateRequest> tops;
  std::vector<StateRequest> others;

  size_t size() const { return tops.size() + others.size(); }
};

// A request of a decision tree and all that follow from it hold the same in the
// blocks that are settled (StateRequest::settled), which are those that a run
// of them reads first. So they have a place in the tree of all runs
// (ReadTree), and need runs below that place only. Two requests are in one
// group if the place of one is above that of the other, or is the same.
//
// Where parts are explored apart, and where the order of reading varies, states
// of two groups can need the same run all the same.
//
// The groups stand in the order of their first requests. `context_of` may be
// empty. O(sum of the settled blocks).
std::vector<RequestGroup> GroupsApart(std::vector<StateRequest> requests,
                                      BlockContents& contents,
                                      const ContextOf& context_of);

// Deals groups to at most `most` subwalks, so that each has about as many
// requests. None is empty.
std::vector<Subwalk> DealGroups(std::vector<RequestGroup> groups, size_t most);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_SUBWALKS_H_
