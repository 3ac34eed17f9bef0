// From one state to the next in four steps: the blocks that the old state
// listed return to its origin, the origin is changed if need be, the origin
// moves to the new point, and the blocks that the new state lists are set. In
// the third step only the blocks change that the events between the two points
// wrote, or whose floors these events raised.

#include "harness/space/crash_image.h"

#include <algorithm>

namespace powercut {
namespace {

// The mark of a torn block in `held_`. No block has so many versions, so that
// the next SetWhole() always writes the block.
constexpr VersionIndex kTorn = ~VersionIndex{0};

}  // namespace

CrashImage::CrashImage(const CrashSpace& space, CrashKind kind)
    : space_(space),
      cursor_(space, kind),
      bytes_(space.trace().base()),
      held_(space.slot_count(), 0),
      scratch_(space.block_bytes()) {}

void CrashImage::Become(const CrashState& state) {
  POWERCUT_CHECK(state.kind == cursor_.kind());
  for (const Slot slot : chosen_) SetWhole(slot, OriginVersion(slot));
  chosen_.clear();
  if (state.origin != origin_) SwitchOrigin(state.origin);
  MoveTo(state.point);
  for (const BlockChoice& choice : state.choices) {
    chosen_.push_back(choice.slot);
    if (choice.torn.count == 0) {
      SetWhole(choice.slot, choice.version);
      continue;
    }
    ReadChoice(space_, choice, scratch_);
    const uint64_t offset = space_.block(choice.slot) * space_.block_bytes();
    bytes_.Write(offset, ByteSpan(scratch_).first(std::min<uint64_t>(
                             scratch_.size(), bytes_.size_bytes() - offset)));
    held_[choice.slot] = kTorn;
  }
}

VersionIndex CrashImage::OriginVersion(Slot slot) const {
  return origin_ == CrashState::kNewest ? cursor_.newest(slot)
                                        : cursor_.floor(slot);
}

void CrashImage::SwitchOrigin(CrashState::Origin origin) {
  origin_ = origin;
  // At this point, the newest version and the floor differ in open blocks only.
  for (const Slot slot : cursor_.open()) SetWhole(slot, OriginVersion(slot));
}

void CrashImage::MoveTo(EventNumber point) {
  const EventNumber before = cursor_.point();
  cursor_.MoveTo(point);
  // What the events between the two points wrote, or whose floors they raised,
  // is all that changes, in either direction.
  const EventNumber first = std::min(before, point);
  const EventNumber last = std::max(before, point);
  if (origin_ == CrashState::kFloor) {
    const auto raises = space_.floor_raises(cursor_.kind());
    auto raise = std::upper_bound(
        raises.begin(), raises.end(), first,
        [](EventNumber e, const FloorRaise& r) { return e < r.event; });
    for (; raise != raises.end() && raise->event <= last; ++raise) {
      SetWhole(raise->slot, cursor_.floor(raise->slot));
    }
    return;
  }
  for (EventNumber event = first + 1; event <= last; ++event) {
    if (space_.trace().event(event).kind == DiskEvent::kPersist) continue;
    const auto [from, to] = space_.SlotsOf(event);
    for (Slot slot = from; slot <= to; ++slot) {
      SetWhole(slot, cursor_.newest(slot));
    }
  }
}

void CrashImage::SetWhole(Slot slot, VersionIndex version) {
  if (held_[slot] == version) return;
  held_[slot] = version;
  const uint64_t offset = space_.block(slot) * space_.block_bytes();
  // The last block may reach beyond the end of the disk.
  const uint64_t size =
      std::min<uint64_t>(space_.block_bytes(), bytes_.size_bytes() - offset);
  // The space keeps the contents of versions, so that they need no copy.
  bytes_.WriteLasting(offset, {space_.versions(slot)[version].content, size});
}

}  // namespace powercut
