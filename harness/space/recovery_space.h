// RecoverySpace: the crash space of one recovery. Its states are the disks that
// a second crash, before that recovery has ended, could leave
// (docs/crash_model.md 5, Crashes during recovery).
//
// The base of the space is the crash image on which the recovery began, and its
// events are what the recovery did. The acks in force at the first crash are
// marks of the trace, since they are still in force at the second one. A block
// that the recovery never read may have held any of its contents when the
// recovery began, and the recovery would have done the same. This block is
// *undecided*, and stays so.

#ifndef POWERCUT_HARNESS_SPACE_RECOVERY_SPACE_H_
#define POWERCUT_HARNESS_SPACE_RECOVERY_SPACE_H_

#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "harness/space/block_contents.h"
#include "harness/trace/recovery_event.h"

namespace powercut {

// A block of the outer space, the one in which the first crash happened.
struct UndecidedBlock {
  Slot slot = 0;
  // What the block may hold: at least two choices with different contents. The
  // first is the one that it holds in the outer state.
  std::vector<BlockChoice> options;
};

class RecoverySpace {
 public:
  // The space of the recovery that began on the image of `state`, a state of
  // `outer`, and did `events`. `outer` must outlive this object. Cost: making
  // that image and a CrashSpace of the events.
  RecoverySpace(const CrashSpace& outer, const CrashState& state,
                std::span<const RecoveryEvent> events,
                std::vector<UndecidedBlock> undecided = {});

  const CrashSpace& space() const { return *space_; }
  // The trace of space(), as a value that outlives this object.
  std::shared_ptr<const Trace> trace() const { return trace_; }
  // The point at which the recovery begins. It is 0 if no block is undecided.
  // Otherwise the events up to this point are writes that stand for undecided
  // contents; the first option of a block is written last.
  EventNumber begin() const { return begin_; }

  // A state of this space, described with no undecided blocks: `outer` says
  // what they held before the recovery, and `inner` is the state of the space
  // RecoverySpace(outer space, outer, events).
  struct Decided {
    CrashState outer;
    CrashState inner;
  };
  // Requires: `state` is a state of this space at begin() or later, and with
  // the origin kNewest; `inner` is the crash space of
  // RecoverySpace(outer space, DecideOuter(state), events).
  Decided Decide(const CrashState& state, const CrashSpace& inner) const;
  // Decided::outer alone. If no block is undecided, the state may have any
  // origin.
  CrashState DecideOuter(const CrashState& state) const;

 private:
  // The index of the first version that the recovery itself made of a slot. The
  // version before it is what the block held when the recovery began.
  VersionIndex FirstOwnVersion(Slot slot) const;

  const CrashSpace& outer_;
  CrashState state_;
  std::vector<UndecidedBlock> undecided_;
  EventNumber begin_ = 0;
  // On the heap, since the space refers to the trace and others to the space,
  // wherever this object is moved.
  std::shared_ptr<Trace> trace_;
  std::unique_ptr<CrashSpace> space_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_RECOVERY_SPACE_H_
