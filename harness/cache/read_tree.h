// ReadTree holds finished runs, arranged by what they read.
//
// Which block a recovery reads next follows from what it has read so far. All
// runs together are therefore one tree. A node asks what one block holds, an
// edge answers, and a leaf is a run. A lookup walks down with the contents of a
// state. Where an edge is missing, no run is known yet.
//
// Programs with threads or processes may read in an order that varies. A run
// is a certificate for every state that agrees with what the run read, in
// whatever order, so that such a run is put into the tree's order first
// (Arrange).

#ifndef POWERCUT_HARNESS_CACHE_READ_TREE_H_
#define POWERCUT_HARNESS_CACHE_READ_TREE_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/space/block_contents.h"

namespace powercut {

// Not thread-safe.
class ReadTree {
 public:
  // Runs are numbered from 0 in the order in which they were added.
  using RunNumber = uint32_t;

  // Where a lookup ended without a run. States with equal misses read the same
  // up to there and hold the same content there, so that one run serves them
  // all at first. Valid until the next Add().
  struct Miss {
    // The node, and how many of its shared contents agreed.
    uint32_t node = 0;
    uint32_t at = 0;
    // The content that the tree does not know there.
    ContentId content = 0;

    auto operator<=>(const Miss&) const = default;
  };
  // What Find() found: a run, or the miss.
  struct Lookup {
    bool found = false;
    // Has a meaning if `found`.
    RunNumber run = 0;
    // Has a meaning if not `found`. All misses of an empty tree are equal.
    Miss miss;
  };

  // `contents` must outlive this object.
  explicit ReadTree(BlockContents& contents) : contents_(&contents) {}

  // Finds the run that a run of `state` would repeat. If `path` is not
  // `nullptr`, it becomes the contents of the blocks that the run reads, in
  // order, up to the end or to the miss.
  // Cost: O(blocks read) lookups of contents.
  Lookup Find(const CrashState& state, std::vector<ContentId>* path) const;

  // Adds a run that read these contents, in order. Returns its number, which is
  // that of an earlier run if that one read the same. `std::nullopt` if the run
  // is out of order: after equal contents it read another block, or ended where
  // the other read on. The tree then stays unchanged. O(size of the path +
  // edges on the way).
  std::optional<RunNumber> Add(std::span<const ContentId> path);

  // Puts what a run of `state` read into the order in which the tree asks, so
  // that Add() takes it. A block that the tree asks for and the run did not
  // read gets the content that `state` holds, which makes the certificate
  // decide fewer states, and the same ones in the same way. If an earlier run
  // decides `state`, `path` becomes what that run read.
  // Requires: `path` has one content of each block at most, as `state` holds
  // it. O(size of the path + what the tree asks).
  void Arrange(const CrashState& state, std::vector<ContentId>& path) const;

  // How many different runs there are.
  RunNumber run_count() const { return run_count_; }
  // The memory in use, approximately.
  uint64_t bytes() const;

 private:
  struct Edge {
    ContentId content = 0;
    uint32_t child = 0;
  };
  // A node begins with the contents that all runs below it share. After them
  // either one run ends (a leaf), or the runs branch.
  struct Node {
    // The shared contents are shared_[begin, begin + count).
    uint32_t begin = 0;
    uint32_t count = 0;
    // The run that ends here, if the node is a leaf.
    RunNumber run = 0;
    // Empty for a leaf. For a branch at least two contents of one block.
    std::vector<Edge> edges;
  };

  // Makes a leaf for a new run whose contents below the branch are `rest`.
  // Returns the number of the node.
  uint32_t AddLeaf(std::span<const ContentId> rest);
  // Makes a node branch at its shared content number `at`. The content becomes
  // its only edge, and what follows becomes a node below the edge.
  void Split(uint32_t node, uint32_t at);
  // `nullptr` if the node has no such edge.
  const Edge* EdgeFor(const Node& node, ContentId content) const;

  BlockContents* contents_;
  // The root comes first. Empty while there are no runs.
  std::vector<Node> nodes_;
  // The shared contents of all nodes.
  std::vector<ContentId> shared_;
  uint64_t edge_count_ = 0;
  RunNumber run_count_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CACHE_READ_TREE_H_
