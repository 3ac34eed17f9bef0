// LossReader: which sectors a crash state lost, and why no flush kept them.

#ifndef POWERCUT_HARNESS_EXPLAIN_LOSS_READER_H_
#define POWERCUT_HARNESS_EXPLAIN_LOSS_READER_H_

#include <optional>
#include <string>
#include <vector>

#include "harness/space/crash_space.h"
#include "harness/space/crash_state.h"

namespace powercut {

// Sectors of the disk that an event wrote, or discarded, and that a state does
// not have as the event left them.
struct LostSectors {
  EventNumber event = 0;
  SectorRange range;
};

// All that the state lost: every version above the one that a block holds, and
// the sectors of a torn version that are missing. By block, then by event.
// Requires: `cursor` stands at the state's point and kind.
std::vector<LostSectors> LostSectorsOf(const CrashState& state,
                                       const PointCursor& cursor);

// How many open blocks of the state are torn. Requires: as above.
uint64_t TornBlocks(const CrashState& state, const PointCursor& cursor);

// Says why what an event wrote could be lost, by following it through the
// persist events after it.
class LossReader {
 public:
  // For a crash of this kind after `point` events. `trace` must outlive this
  // object.
  LossReader(const Trace& trace, EventNumber point, CrashKind kind)
      : trace_(trace), point_(point), needed_(SurvivingLayer(kind)) {}

  // Returns the reason, such as `persist event 14 stops at the device`. `range`
  // has the sectors of the disk that the event wrote and that are lost.
  std::string Why(EventNumber event, const SectorRange& range) const;

  // Returns the first persist event after the crash that carries the same to
  // the layer that survives; `std::nullopt` if the trace has none.
  std::optional<EventNumber> KeptBy(EventNumber event,
                                    const SectorRange& range) const;

 private:
  std::string WhyNot(const DiskEvent& persist, EventNumber event,
                     const SectorRange& range, Layer reached) const;

  const Trace& trace_;
  EventNumber point_;
  Layer needed_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLAIN_LOSS_READER_H_
