// ReadTree: finished runs, arranged by what they read.
//
// A recovery is deterministic: which block it reads next follows from what it
// has read so far. So all runs together are one tree: a node asks what one
// block holds, an edge answers it, a leaf is a run. Looking a state up means
// walking down with its contents; where an edge is missing, no run is known
// yet.

#ifndef POWERCUT_HARNESS_CACHE_READ_TREE_H_
#define POWERCUT_HARNESS_CACHE_READ_TREE_H_

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/space/block_contents.h"

namespace powercut {

class ReadTree {
 public:
  using RunNumber = uint32_t;

  // Where a lookup ended without a run: lookups that end alike need the same
  // run next. Valid until the next Add().
  struct Miss {
    uint32_t node = 0;
    uint32_t at = 0;
    ContentId content = 0;

    auto operator<=>(const Miss&) const = default;
  };
  struct Lookup {
    bool found = false;
    RunNumber run = 0;
    Miss miss;
  };

  // `contents` must outlive this object.
  explicit ReadTree(BlockContents& contents) : contents_(&contents) {}

  // The run that this state would be. `path`, if not null, gets the contents of
  // the blocks it reads, in order, up to the end or the miss.
  // Cost: O(blocks read) lookups of contents.
  Lookup Find(const CrashState& state, std::vector<ContentId>* path) const;

  // Adds a run that read these contents, in order. Returns the run's number:
  // that of an earlier one if it read the same. Nothing if it contradicts what
  // is there: one of the two runs did not follow from what it read.
  std::optional<RunNumber> Add(std::span<const ContentId> path);

  // How many there are: their numbers are below.
  RunNumber run_count() const { return run_count_; }
  // Memory in use, about.
  uint64_t bytes() const;

 private:
  struct Edge {
    ContentId content = 0;
    uint32_t child = 0;
  };
  // First the contents that all runs below share, then either the end of one
  // run or a branch.
  struct Node {
    uint32_t begin = 0;  // into shared_
    uint32_t count = 0;
    RunNumber run = 0;        // of a leaf
    std::vector<Edge> edges;  // of a branch: at least two, of one block
  };

  uint32_t AddLeaf(std::span<const ContentId> rest);
  // The contents from `at` on of a node become a node of their own.
  void Split(uint32_t node, uint32_t at);
  const Edge* EdgeFor(const Node& node, ContentId content) const;

  BlockContents* contents_;
  std::vector<Node> nodes_;  // the first is the root; none: no runs
  std::vector<ContentId> shared_;
  uint64_t edge_count_ = 0;
  RunNumber run_count_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CACHE_READ_TREE_H_
