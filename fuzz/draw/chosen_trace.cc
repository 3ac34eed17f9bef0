// Makes traces and states that are small enough for brute force and odd enough
// to find mistakes: few sectors, so that events overlap, and few contents, so
// that different versions hold the same bytes.

#include "fuzz/draw/chosen_trace.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace powercut {
namespace {

constexpr uint32_t kSectorSize = 512;
constexpr uint64_t kSectorsMax = 8;

constexpr std::array kLayers = {Layer::kProcess, Layer::kHost, Layer::kDevice,
                                Layer::kMedia};

SectorRange ChosenRange(Chooser& chooser, uint64_t sectors) {
  const uint64_t count = 1 + chooser.Below(sectors);
  return {chooser.Below(sectors - count + 1), count};
}

void AddWrite(Trace& trace, Chooser& chooser, SectorRange range) {
  Bytes data(range.count * kSectorSize);
  for (uint64_t at = 0; at < data.size(); at += kSectorSize) {
    // Few contents make versions alike now and then. 0 gives a sector of zeros,
    // as the base has it.
    data[at] = static_cast<std::byte>(chooser.Below(6));
  }
  // A write is at any layer but the media, a persist goes to any but the
  // process.
  trace.AddWrite(range.first, data, kLayers[chooser.Below(3)]);
}

void AddPersist(Trace& trace, Chooser& chooser, SectorRange range) {
  const Layer to = kLayers[1 + chooser.Below(3)];
  std::optional<EventNumber> upto;
  if (chooser.OneIn(3)) {
    upto = static_cast<EventNumber>(chooser.Below(trace.event_count() + 1));
  }
  SectorSet scope;
  scope.Add(range);
  trace.AddPersist(to, chooser.OneIn(2) ? nullptr : &scope, upto);
}

}  // namespace

Trace ChosenTrace(Chooser& chooser, uint64_t events_max) {
  const uint64_t sectors = 1 + chooser.Below(kSectorsMax);
  const DiskGeometry geometry = {kSectorSize, sectors};
  Trace trace(geometry, std::make_shared<SparseImage>(geometry.size_bytes()));
  for (uint64_t n = chooser.Below(events_max + 1); n > 0; --n) {
    // Writes are five times in eight, since each adds versions to choose from.
    const uint64_t what = chooser.Below(8);
    const SectorRange range = ChosenRange(chooser, sectors);
    if (what == 0) {
      trace.AddDiscard(range);
    } else if (what <= 2) {
      AddPersist(trace, chooser, range);
    } else {
      AddWrite(trace, chooser, range);
    }
  }
  return trace;
}

CrashState ChosenState(Chooser& chooser, BlockContents& contents) {
  const CrashSpace& space = contents.space();
  CrashState state;
  state.point =
      static_cast<EventNumber>(chooser.Below(space.trace().event_count() + 1));
  state.kind = kCrashKinds[chooser.Below(kCrashKinds.size())];
  if (chooser.OneIn(3)) state.origin = CrashState::kFloor;
  for (Slot slot = 0; slot < space.slot_count(); ++slot) {
    const std::vector<BlockChoice> options =
        contents.Options(state.point, state.kind, slot, /*torn=*/true);
    const BlockChoice& choice = options[chooser.Below(options.size())];
    const BlockChoice origin =
        contents.ChoiceIn({state.point, 0, state.kind, state.origin, {}}, slot);
    // A state lists only the blocks that differ from its origin.
    if (choice != origin) state.choices.push_back(choice);
  }
  return state;
}

}  // namespace powercut
