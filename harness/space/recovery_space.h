// RecoverySpace: the crash space of one recovery: the disks that a second
// crash, before that recovery has come to its end, could leave (design.md
// section 5).
//
// Its base is the crash image that the recovery began on, its events are what
// the recovery did. A block that the recovery never read may have held any of
// its contents when it began: such a block is *undecided*, and stays so.

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

// What a block of the outer space may hold: different contents, at least two,
// the one of the state first.
struct UndecidedBlock {
  Slot slot = 0;
  std::vector<BlockChoice> options;
};

class RecoverySpace {
 public:
  // The recovery that began on `state` of `outer` and did `events`. `outer`
  // must outlive this object.
  RecoverySpace(const CrashSpace& outer, const CrashState& state,
                std::span<const RecoveryEvent> events,
                std::vector<UndecidedBlock> undecided = {});

  const CrashSpace& space() const { return *space_; }
  // The point at which the recovery begins. It is 0 if nothing is undecided;
  // else the events up to it stand for undecided contents, the first option
  // last.
  EventNumber begin() const { return begin_; }

  // A state of this space without undecided blocks: the outer state, and the
  // state of RecoverySpace(outer, that state, events).
  struct Decided {
    CrashState outer;
    CrashState inner;
  };
  // Requires: `inner` is such a space's own.
  Decided Decide(const CrashState& state, const CrashSpace& inner) const;
  // The outer state alone.
  CrashState DecideOuter(const CrashState& state) const;

 private:
  // The version that a slot starts from, counted in its versions.
  VersionIndex FirstOwnVersion(Slot slot) const;

  const CrashSpace& outer_;
  CrashState state_;
  std::vector<UndecidedBlock> undecided_;
  EventNumber begin_ = 0;
  std::unique_ptr<Trace> trace_;
  std::unique_ptr<CrashSpace> space_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_RECOVERY_SPACE_H_
