// Contents are told apart by the hashes that the crash space has computed, so
// that numbering all whole versions reads no content. Torn contents are
// numbered when they are asked for, since a block has many of them and most
// explorations visit none.
//
// PointCursor answers questions about all blocks at one point. Here one block
// is asked about at any point, so the floor raises are sorted by slot and
// searched.

#include "harness/space/block_contents.h"

#include <algorithm>

namespace powercut {

BlockContents::BlockContents(const CrashSpace& space, EventNumber undecided)
    : space_(space), undecided_(undecided) {
  for (Slot slot = 0; slot < space.slot_count(); ++slot) {
    first_.push_back(static_cast<uint32_t>(of_version_.size()));
    for (const BlockVersion& version : space.versions(slot)) {
      of_version_.push_back(Number(slot, version.hash));
    }
  }
  for (const CrashKind kind : kCrashKinds) SortFloors(kind);
}

void BlockContents::SortFloors(CrashKind kind) {
  auto& raises = raises_[static_cast<size_t>(kind)];
  raises.resize(space_.slot_count());
  for (const FloorRaise& raise : space_.floor_raises(kind)) {
    raises[raise.slot].push_back({raise.event, raise.version});
  }
}

ContentId BlockContents::Number(Slot slot, const Hash128& hash) {
  const auto [entry, added] =
      ids_.try_emplace({slot, hash}, static_cast<ContentId>(contents_.size()));
  if (added) contents_.push_back({slot, hash});
  return entry->second;
}

ContentId BlockContents::Of(const BlockChoice& choice) {
  if (choice.torn.count == 0) return Of(choice.slot, choice.version);
  return Number(choice.slot, HashOfChoice(space_, choice));
}

BlockChoice BlockContents::ChoiceIn(const CrashState& state, Slot slot) const {
  const auto listed =
      std::lower_bound(state.choices.begin(), state.choices.end(), slot,
                       [](const BlockChoice& c, Slot s) { return c.slot < s; });
  if (listed != state.choices.end() && listed->slot == slot) return *listed;
  // A block that the state does not list is at the state's origin.
  return {slot,
          state.origin == CrashState::kNewest
              ? NewestAt(state.point, slot)
              : FloorAt(state.point, state.kind, slot),
          {},
          0};
}

VersionIndex BlockContents::NewestAt(EventNumber point, Slot slot) const {
  const auto versions = space_.versions(slot);
  const auto after = std::upper_bound(
      versions.begin(), versions.end(), point,
      [](EventNumber p, const BlockVersion& v) { return p < v.event; });
  return static_cast<VersionIndex>(after - versions.begin() - 1);
}

VersionIndex BlockContents::FloorAt(EventNumber point, CrashKind kind,
                                    Slot slot) const {
  const auto& raises = raises_[static_cast<size_t>(kind)][slot];
  const auto after = std::upper_bound(
      raises.begin(), raises.end(), point,
      [](EventNumber p, const Raise& r) { return p < r.event; });
  const VersionIndex floor =
      after == raises.begin() ? 0 : std::prev(after)->version;
  // A floor among the undecided versions settles nothing: which of them the
  // block held is still open. (Version 0, whose event is 0, gives 0 anyway.)
  return space_.versions(slot)[floor].event <= undecided_ ? 0 : floor;
}

std::vector<BlockChoice> BlockContents::Options(EventNumber point,
                                                CrashKind kind, Slot slot,
                                                bool torn) {
  std::vector<BlockChoice> options;
  std::vector<ContentId> seen;
  const auto add = [&](const BlockChoice& choice) {
    const ContentId id = Of(choice);
    if (std::find(seen.begin(), seen.end(), id) != seen.end()) return;
    seen.push_back(id);
    options.push_back(choice);
  };
  const VersionIndex floor = FloorAt(point, kind, slot);
  const VersionIndex newest = NewestAt(point, slot);
  for (VersionIndex v = newest + 1; v-- > floor;) add({slot, v, {}, 0});
  // The floor itself cannot be torn: it has survived as a whole.
  for (VersionIndex v = newest; torn && v > floor; --v) {
    const SectorRange written = space_.WrittenSectors(slot, v);
    for (uint64_t cut = 1; cut < written.count; ++cut) {
      add({slot, v, {written.first + cut, written.count - cut}, v - 1});
      add({slot, v, {written.first, cut}, v - 1});
    }
  }
  return options;
}

}  // namespace powercut
