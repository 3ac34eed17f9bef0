// TreeWalk: goes from a state of a point's decision tree that was run, or
// decided by the cache, to the next states (docs/crash_model.md 5).

#ifndef POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_
#define POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "harness/explore/part_sets.h"
#include "harness/explore/run_scheduler.h"

namespace powercut {

// Not thread-safe.
class TreeWalk {
 public:
  struct Options {
    CopyMode copied = CopyMode::kAsRead;
    // How many blocks of a state may be torn.
    uint32_t torn = 0;
    // How many parts of the observation are explored apart; 0 if none are. Runs
    // say for which parts they read a block (CachedRun::parts).
    uint32_t parts = 0;
  };

  // `contents` must outlive this object.
  TreeWalk(BlockContents& contents, Options options)
      : contents_(contents), options_(options), sets_(options.parts) {}

  // The request for the root of the tree: the state in which every block holds
  // its newest version.
  static StateRequest Root(EventNumber point, CrashKind kind,
                           uint32_t point_index);

  using Submit = std::function<void(StateRequest)>;
  // Submits the states that differ from this one in one block that decides the
  // outcome or was only copied, and that is not settled yet
  // (StateRequest::settled) for a part of StateRequest::parts. With
  // CopyMode::kVaryEach, the states that differ in a copied block are not
  // expanded further.
  void SubmitNext(const StateRequest& request, const StateOutcome& outcome,
                  const Submit& submit);

 private:
  // What is known of a slot during one call of SubmitNext().
  struct Mark {
    // The call; of another one, the fields below mean nothing.
    uint64_t call = 0;
    // The parts of the request for which the slot is not settled.
    PartSetId open = kAllParts;
    // The parts for which the run read it.
    PartSetId read_for = kAllParts;
  };

  Mark& MarkOf(Slot slot, const StateRequest& request);
  void MarkSettled(const StateRequest& request);
  void MarkParts(const StateRequest& request, std::span<const SlotPart> parts);
  void Branch(const StateRequest& request, const SettledSlots& settled,
              bool expand, const Submit& submit) const;

  BlockContents& contents_;
  Options options_;
  PartSets sets_;
  uint64_t calls_ = 0;
  std::vector<Mark> marks_;  // By slot.
  std::vector<uint32_t> parts_of_slot_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_TREE_WALK_H_
