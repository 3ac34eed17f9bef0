// CrashImage: the disk of one crash state after another, made by changing only
// the blocks that differ.

#ifndef POWERCUT_HARNESS_SPACE_CRASH_IMAGE_H_
#define POWERCUT_HARNESS_SPACE_CRASH_IMAGE_H_

#include <optional>
#include <vector>

#include "harness/disk/sparse_image.h"
#include "harness/space/crash_state.h"

namespace powercut {

class CrashImage {
 public:
  // Holds the base. `space` must outlive this object.
  CrashImage(const CrashSpace& space, CrashKind kind);

  // Becomes the image of `state`. Cost: the blocks that differ from the state
  // before, and the events between their points; going back to an earlier point
  // costs all touched blocks.
  // Requires: state.kind is this image's; the bytes are as this object left
  // them.
  void Become(const CrashState& state);

  // The bytes. Whoever changes them restores them before the next Become().
  SparseImage& bytes() { return bytes_; }
  const CrashSpace& space() const { return space_; }

 private:
  VersionIndex OriginVersion(Slot slot) const;
  void SwitchOrigin(CrashState::Origin origin);
  void MoveTo(EventNumber point);
  void SetWhole(Slot slot, VersionIndex version);
  void SetContent(Slot slot, ByteSpan content);

  const CrashSpace& space_;
  PointCursor cursor_;
  CrashState::Origin origin_ = CrashState::kNewest;
  SparseImage bytes_;
  // What each block holds, if it is not torn.
  std::vector<VersionIndex> held_;
  std::vector<Slot> chosen_;  // blocks that may differ from the origin
  Bytes scratch_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SPACE_CRASH_IMAGE_H_
