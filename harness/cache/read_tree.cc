// The tree is a radix tree: contents that all runs below a node share stand in
// the node itself, so that the number of nodes grows with the runs and not with
// the blocks that they read. Contents are numbers that include their block, so
// the block that a node asks for is that of its next content.
//
// An example. A run read block 1 with content a, block 2 with b and block 5
// with c. The tree is one leaf, [a b c] run 0. Then a run reads a, another
// content B of block 2, and d of block 7. The leaf is split where the two
// differ:
//
//     [a] -- b --> [c] run 0
//         -- B --> [d] run 1
//
// A run that reads a and then block 3 is out of order, since the tree asks for
// block 2 after a. If the run reads block 2 later, Arrange() moves that content
// forward; otherwise it puts in what the state of the run holds in block 2.

#include "harness/cache/read_tree.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace powercut {

const ReadTree::Edge* ReadTree::EdgeFor(const Node& node,
                                        ContentId content) const {
  // A block has few contents, so that the edges need no index.
  for (const Edge& edge : node.edges) {
    if (edge.content == content) return &edge;
  }
  return nullptr;
}

ReadTree::Lookup ReadTree::Find(const CrashState& state,
                                std::vector<ContentId>* path) const {
  if (path != nullptr) path->clear();
  if (nodes_.empty()) return {};
  for (uint32_t at_node = 0;;) {
    const Node& node = nodes_[at_node];
    for (uint32_t i = 0; i < node.count; ++i) {
      const ContentId shared = shared_[node.begin + i];
      const ContentId held = contents_->In(state, contents_->slot(shared));
      if (held != shared) return {false, 0, {at_node, i, held}};
      if (path != nullptr) path->push_back(held);
    }
    if (node.edges.empty()) return {true, node.run, {}};
    // All edges are of one block.
    const Slot slot = contents_->slot(node.edges[0].content);
    const ContentId held = contents_->In(state, slot);
    const Edge* edge = EdgeFor(node, held);
    if (edge == nullptr) return {false, 0, {at_node, node.count, held}};
    if (path != nullptr) path->push_back(held);
    at_node = edge->child;
  }
}

uint32_t ReadTree::AddLeaf(std::span<const ContentId> rest) {
  Node leaf;
  leaf.begin = static_cast<uint32_t>(shared_.size());
  leaf.count = static_cast<uint32_t>(rest.size());
  leaf.run = run_count_++;
  shared_.insert(shared_.end(), rest.begin(), rest.end());
  nodes_.push_back(std::move(leaf));
  return static_cast<uint32_t>(nodes_.size() - 1);
}

void ReadTree::Split(uint32_t node, uint32_t at) {
  // The head keeps the number of the node, since an edge above leads to it.
  Node tail = std::move(nodes_[node]);
  Node& head = nodes_[node];
  head = {};
  head.begin = tail.begin;
  head.count = at;
  const ContentId content = shared_[tail.begin + at];
  tail.begin += at + 1;
  tail.count -= at + 1;
  head.edges.push_back({content, static_cast<uint32_t>(nodes_.size())});
  ++edge_count_;
  nodes_.push_back(std::move(tail));
}

std::optional<ReadTree::RunNumber> ReadTree::Add(
    std::span<const ContentId> path) {
  if (nodes_.empty()) return nodes_[AddLeaf(path)].run;
  size_t next = 0;
  for (uint32_t at_node = 0;;) {
    const Node& node = nodes_[at_node];
    uint32_t i = 0;
    for (; i < node.count; ++i, ++next) {
      const ContentId shared = shared_[node.begin + i];
      // Here and below: a run that ends where another one read on, or that read
      // another block, is out of order.
      if (next == path.size()) return std::nullopt;
      if (path[next] == shared) continue;
      if (contents_->slot(path[next]) != contents_->slot(shared)) {
        return std::nullopt;
      }
      break;
    }
    // Split() gives the node one edge. The path has another content of the same
    // block, so that the code below adds the second edge.
    if (i < node.count) {
      Split(at_node, i);
    } else if (node.edges.empty()) {
      if (next != path.size()) return std::nullopt;
      return node.run;
    }
    if (next == path.size()) return std::nullopt;
    const Edge* edge = EdgeFor(nodes_[at_node], path[next]);
    if (edge != nullptr) {
      at_node = edge->child;
      ++next;
      continue;
    }
    const ContentId sibling = nodes_[at_node].edges[0].content;
    if (contents_->slot(path[next]) != contents_->slot(sibling)) {
      return std::nullopt;
    }
    const uint32_t leaf = AddLeaf(path.subspan(next + 1));
    nodes_[at_node].edges.push_back({path[next], leaf});
    ++edge_count_;
    return nodes_[leaf].run;
  }
}

void ReadTree::Arrange(const CrashState& state,
                       std::vector<ContentId>& path) const {
  if (nodes_.empty()) return;
  std::unordered_map<Slot, ContentId> read;
  for (const ContentId content : path) {
    read.emplace(contents_->slot(content), content);
  }
  const std::vector<ContentId> in_order_of_reading = std::move(path);
  path.clear();
  // Every content of the path is that of `state`, so that a lookup of `state`
  // passes the contents that the tree asks for.
  const Lookup lookup = Find(state, &path);
  if (lookup.found) return;
  // The miss is a content, too: the tree asks for its block.
  path.push_back(lookup.miss.content);
  for (const ContentId asked : path) read.erase(contents_->slot(asked));
  for (const ContentId content : in_order_of_reading) {
    if (read.contains(contents_->slot(content))) path.push_back(content);
  }
}

uint64_t ReadTree::bytes() const {
  // A vector that grows may take twice what its elements need. For the many
  // small vectors of edges this matters.
  return nodes_.size() * sizeof(Node) + shared_.size() * sizeof(ContentId) +
         2 * edge_count_ * sizeof(Edge);
}

}  // namespace powercut
