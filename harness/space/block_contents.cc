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
namespace {

// `nullptr` if the block is at the origin of the state.
const BlockChoice* Listed(const CrashState& state, Slot slot) {
  const auto at =
      std::ranges::lower_bound(state.choices, slot, {}, &BlockChoice::slot);
  return at != state.choices.end() && at->slot == slot ? &*at : nullptr;
}

}  // namespace

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

VersionIndex BlockContents::VersionOfOrigin(const CrashState& state,
                                            Slot slot) const {
  return state.origin == CrashState::kNewest
             ? NewestAt(state.point, slot)
             : FloorAt(state.point, state.kind, slot);
}

BlockChoice BlockContents::ChoiceIn(const CrashState& state, Slot slot) const {
  const BlockChoice* const listed = Listed(state, slot);
  return listed != nullptr
             ? *listed
             : BlockChoice{slot, VersionOfOrigin(state, slot), {}, 0};
}

ContentId BlockContents::In(const CrashState& state, Slot slot) {
  const BlockChoice* const listed = Listed(state, slot);
  return listed != nullptr ? Of(*listed)
                           : Of(slot, VersionOfOrigin(state, slot));
}

VersionIndex BlockContents::NewestAt(EventNumber point, Slot slot) const {
  const auto versions = space_.versions(slot);
  if (versions.back().event <= point) {
    return static_cast<VersionIndex>(versions.size() - 1);
  }
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
  const VersionIndex floor = FloorAt(point, kind, slot);
  const VersionIndex newest = NewestAt(point, slot);
  // Most blocks that a run reads hold the same whenever the crash comes.
  if (newest == floor) return {{slot, newest, {}, 0}};
  std::vector<BlockChoice> options;
  std::vector<ContentId> seen;
  const auto add = [&](const BlockChoice& choice) {
    const ContentId id = Of(choice);
    if (std::find(seen.begin(), seen.end(), id) != seen.end()) return;
    seen.push_back(id);
    options.push_back(choice);
  };
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
