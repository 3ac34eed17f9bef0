// Why a version is lost: it starts at the layer of its write, and each later
// persist event up to the crash point either carries it on to a deeper layer or
// fails for a reason (other sectors, a limit before the write, a layer that was
// skipped). A version is safe once it is at the layer that survives the crash.
//
// Example: event 5 writes sector 8 at the host, event 6 persists sector 9 to
// the device, event 7 persists everything at the device to the media. For a
// power loss after event 7 the reason is "persist event 6 names other sectors":
// had event 6 carried sector 8, event 7 would have made it safe.

#include "harness/explain/loss_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace powercut {
namespace {

// Returns what a block holds, whether or not the state lists it.
BlockChoice ChoiceOf(const CrashState& state, const PointCursor& cursor,
                     Slot slot) {
  const auto listed =
      std::ranges::lower_bound(state.choices, slot, {}, &BlockChoice::slot);
  if (listed != state.choices.end() && listed->slot == slot) return *listed;
  const bool newest = state.origin == CrashState::kNewest;
  return {slot, newest ? cursor.newest(slot) : cursor.floor(slot), {}, 0};
}

}  // namespace

std::vector<LostSectors> LostSectorsOf(const CrashState& state,
                                       const PointCursor& cursor) {
  const CrashSpace& space = cursor.space();
  std::vector<LostSectors> lost;
  // `within` counts sectors from the block's first.
  const auto add = [&](Slot slot, VersionIndex version,
                       const SectorRange& within) {
    lost.push_back(
        {space.versions(slot)[version].event,
         {space.block(slot) * space.sectors_per_block() + within.first,
          within.count}});
  };
  for (const Slot slot : cursor.open()) {
    const BlockChoice choice = ChoiceOf(state, cursor, slot);
    if (choice.torn.count > 0) add(slot, choice.version, choice.torn);
    for (VersionIndex v = choice.version + 1; v <= cursor.newest(slot); ++v) {
      add(slot, v, space.WrittenSectors(slot, v));
    }
  }
  return lost;
}

uint64_t TornBlocks(const CrashState& state, const PointCursor& cursor) {
  return static_cast<uint64_t>(std::ranges::count_if(
      cursor.open(),
      [&](Slot slot) { return ChoiceOf(state, cursor, slot).torn.count > 0; }));
}

std::string LossReader::Why(EventNumber event, const SectorRange& range) const {
  Layer reached = trace_.event(event).layer;
  std::string why;
  for (EventNumber p = event + 1; p <= point_; ++p) {
    const DiskEvent& persist = trace_.event(p);
    if (persist.kind != DiskEvent::kPersist) continue;
    const std::string failing = WhyNot(persist, event, range, reached);
    if (!failing.empty()) {
      // The first persist that failed is the flush that one would look at
      // first; the failures of later ones mostly repeat it.
      if (why.empty()) why = fmt::format("persist event {} {}", p, failing);
      continue;
    }
    reached = std::max(reached, persist.layer);
    if (reached < needed_) {
      why = fmt::format("persist event {} stops at the {}", p,
                        LayerName(reached));
    }
  }
  if (why.empty()) {
    return fmt::format("no persist event follows; it is at the {}",
                       LayerName(reached));
  }
  return why;
}

std::optional<EventNumber> LossReader::KeptBy(EventNumber event,
                                              const SectorRange& range) const {
  Layer reached = trace_.event(event).layer;
  for (EventNumber p = event + 1; p <= trace_.event_count(); ++p) {
    const DiskEvent& persist = trace_.event(p);
    if (persist.kind != DiskEvent::kPersist) continue;
    if (!WhyNot(persist, event, range, reached).empty()) continue;
    reached = std::max(reached, persist.layer);
    if (p > point_ && reached >= needed_) return p;
  }
  return std::nullopt;
}

// Returns why a persist event does not carry what `event` wrote to `range` and
// what is at the layer `reached` by then. Empty if it carries all of it.
std::string LossReader::WhyNot(const DiskEvent& persist, EventNumber event,
                               const SectorRange& range, Layer reached) const {
  if (persist.upto < event) {
    return fmt::format("carries only what was written up to event {}",
                       persist.upto);
  }
  if (!persist.scope) {
    // A persist of the whole disk, such as a flush of the device's cache, sees
    // only what lies in the layer just before its own.
    const auto before =
        static_cast<Layer>(static_cast<uint8_t>(persist.layer) - 1);
    if (reached < before) {
      return fmt::format("carries only what is at the {}; this is at the {}",
                         LayerName(before), LayerName(reached));
    }
    return "";
  }
  const SectorSet& scope = trace_.scope(persist);
  for (uint64_t s = range.first; s < range.end(); ++s) {
    if (!scope.Contains(s)) return "names other sectors";
  }
  return "";
}

}  // namespace powercut
