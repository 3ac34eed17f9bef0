// Records together with what they need: what must be carried with a record, so
// that recovery counts it.

#ifndef POWERCUT_BACKENDS_SIMFS_RECORD_CLOSURE_H_
#define POWERCUT_BACKENDS_SIMFS_RECORD_CLOSURE_H_

#include <cstdint>
#include <set>
#include <vector>

#include "backends/simfs/live_state.h"

namespace powercut::simfs {

// Adds to `versions` the sector at this version, unless it is there at a newer
// one.
void Cover(SectorVersions& versions, uint64_t sector, EventNumber event);

// Collects records, all that they need, and what those need in turn.
class RecordClosure {
 public:
  // Stops at records that have reached the layer `enough`, since a record is
  // never carried without its needs. `state` must outlive this object.
  RecordClosure(LiveState& state, Layer enough) : s_(state), enough_(enough) {}

  // O(records that are added).
  void Add(RecordNumber number);

  // What was collected, with the sectors that the records need.
  std::set<RecordNumber> records;
  SectorVersions sectors;

 private:
  void AddOrder(RecordNumber number, std::vector<RecordNumber>& open);

  LiveState& s_;
  Layer enough_;
  std::set<RecordNumber> in_order_;
};

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_RECORD_CLOSURE_H_
