// CrashImage: the disk of a crash state. The same object becomes the disk of
// one state after another, by changing only the blocks that differ.

#ifndef POWERCUT_HARNESS_SPACE_CRASH_IMAGE_H_
#define POWERCUT_HARNESS_SPACE_CRASH_IMAGE_H_

#include <optional>
#include <vector>

#include "harness/disk/sparse_image.h"
#include "harness/space/crash_state.h"

namespace powercut {

class CrashImage {
 public:
  // Begins as a copy of the base. `space` must outlive this object, whose bytes
  // point to contents that the space keeps.
  CrashImage(const CrashSpace& space, CrashKind kind);

  // Becomes the image of `state`. Cost: the blocks that differ from the state
  // before, and the events between the two points, forward or backward
  // (PointCursor::MoveTo()). Changing the origin costs all open blocks.
  // Requires: state.kind is the kind of this image; the bytes are as this
  // object left them.
  void Become(const CrashState& state);

  // The bytes of the disk. A recovery may change them, if they are restored
  // before the next Become() (harness/recover/crash_disk.h).
  SparseImage& bytes() { return bytes_; }
  const CrashSpace& space() const { return space_; }

 private:
  // The version of a slot that a state with the image's origin does not list.
  VersionIndex OriginVersion(Slot slot) const;
  void SwitchOrigin(CrashState::Origin origin);
  // Moves the cursor, and every block that is at the origin with it.
  void MoveTo(EventNumber point);
  // Puts a block at a version, if it is not there yet.
  void SetWhole(Slot slot, VersionIndex version);

  const CrashSpace& space_;
  PointCursor cursor_;
  CrashState::Origin origin_ = CrashState::kNewest;
  SparseImage bytes_;
  // By slot: the version that the block holds, or a mark that it is torn.
  std::vector<VersionIndex> held_;
  // The blocks that the state lists. All others are at the origin.
  std::vector<Slot> chosen_;
  Bytes scratch_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_CRASH_IMAGE_H_
