// TreeFilter: the BatchFilter of an exploration. It keeps the runs of one batch
// in trees of what they read, as the cache keeps those of the whole
// exploration.

#ifndef POWERCUT_HARNESS_EXPLORE_TREE_FILTER_H_
#define POWERCUT_HARNESS_EXPLORE_TREE_FILTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "harness/cache/observation_cache.h"
#include "harness/cache/read_tree.h"
#include "harness/worker/batch_filter.h"

namespace powercut {

// What runs on a state depend on beside their disk (for a check command: the
// acks in force), as a number; 0 means nothing. Empty if it is 0 for all.
using ContextOf = std::function<uint64_t(const CrashState&)>;

class TreeFilter : public BatchFilter {
 public:
  // `contents` must outlive this object. `copies_decide` says whether data that
  // recovery only copied counts as read.
  TreeFilter(BlockContents& contents, ContextOf context_of, bool copies_decide)
      : contents_(contents),
        context_of_(std::move(context_of)),
        copies_decide_(copies_decide) {}

  void Begin() override { trees_.clear(); }
  bool Decides(const CrashState& state) override;
  void Add(const CrashState& state, const RunReads& reads) override;

 private:
  ReadTree& TreeOf(const CrashState& state);

  BlockContents& contents_;
  const ContextOf context_of_;
  const bool copies_decide_;
  std::map<uint64_t, ReadTree> trees_;
  std::vector<ContentId> path_;
};

// The slots of the pieces that a run copied, each once, in the order of
// reading. Blocks that the trace never touched are no slots.
std::vector<Slot> CopiedSlots(const CrashSpace& space, const RunReads& reads);

// The same reads by slot, ascending. Blocks that the trace never touched are
// left out.
std::vector<SlotPart> PartsOfSlots(const CrashSpace& space,
                                   std::span<const BlockPart> reads);

// Replaces `path` by the contents of `state` that a run of it read: those that
// decide, then those of `copied`.
void PathOfRun(BlockContents& contents, const CrashState& state,
               const RunReads& reads, std::span<const Slot> copied,
               std::vector<ContentId>& path);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_TREE_FILTER_H_
