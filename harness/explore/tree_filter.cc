// A batch holds few runs, so that its trees are small. A run that read in
// another order than an earlier one is put into the order of the tree.

#include "harness/explore/tree_filter.h"

#include <algorithm>

namespace powercut {

std::vector<Slot> CopiedSlots(const CrashSpace& space, const RunReads& reads) {
  std::vector<Slot> copied;
  for (const CopiedPiece& piece : reads.copies) {
    const std::optional<Slot> slot = space.FindSlot(piece.block);
    if (!slot) continue;
    if (std::find(copied.begin(), copied.end(), *slot) == copied.end()) {
      copied.push_back(*slot);
    }
  }
  return copied;
}

std::vector<SlotPart> PartsOfSlots(const CrashSpace& space,
                                   std::span<const BlockPart> reads) {
  std::vector<SlotPart> parts;
  for (const BlockPart& read : reads) {
    const std::optional<Slot> slot = space.FindSlot(read.block);
    if (slot) parts.push_back({*slot, read.part});
  }
  std::sort(parts.begin(), parts.end());
  return parts;
}

void PathOfRun(BlockContents& contents, const CrashState& state,
               const RunReads& reads, std::span<const Slot> copied,
               std::vector<ContentId>& path) {
  path.clear();
  for (const uint64_t block : reads.blocks) {
    const std::optional<Slot> slot = contents.space().FindSlot(block);
    // Blocks that the trace never touched are no slots; they hold the same in
    // every state and decide nothing.
    if (slot) path.push_back(contents.In(state, *slot));
  }
  for (const Slot slot : copied) path.push_back(contents.In(state, slot));
}

ReadTree& TreeFilter::TreeOf(const CrashState& state) {
  const uint64_t context = context_of_ ? context_of_(state) : 0;
  return trees_.try_emplace(context, contents_).first->second;
}

bool TreeFilter::Decides(const CrashState& state) {
  return TreeOf(state).Find(state, nullptr).found;
}

void TreeFilter::Add(const CrashState& state, const RunReads& reads) {
  std::vector<Slot> copied;
  if (copies_decide_) copied = CopiedSlots(contents_.space(), reads);
  PathOfRun(contents_, state, reads, copied, path_);
  ReadTree& tree = TreeOf(state);
  if (tree.Add(path_)) return;
  tree.Arrange(state, path_);
  tree.Add(path_);
}

}  // namespace powercut
