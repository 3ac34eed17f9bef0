// DamageRule: which bytes beside a write the device may damage if the power
// fails before that write is synced.
//
// A device that reads a unit, changes some bytes and writes the unit back can
// damage the rest of this unit (what SQLite calls a lack of powersafe
// overwrite); one whose tracks overlap can damage the units before and after.

#ifndef POWERCUT_LIBRARY_FILES_NEIGHBOUR_DAMAGE_H_
#define POWERCUT_LIBRARY_FILES_NEIGHBOUR_DAMAGE_H_

#include <cstdint>
#include <vector>

#include "harness/base/bytes.h"

namespace powercut {

struct DamageRule {
  enum Reach : uint8_t {
    kNone,
    // The other bytes of the units that the write touches.
    kUnit,
    // The same, and all of the unit before and of the unit after.
    kNeighbours,
  };

  Reach reach = kNone;
  // What the device writes whole; a power of two.
  uint32_t unit_bytes = 512;
};

struct DamagedRange {
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
};

// The bytes that a write of `size_bytes` at `offset_bytes` can damage, among
// the first `end_bytes` of a file or a disk: none, or what lies before the
// write, or after it, or both. None if the write is empty.
std::vector<DamagedRange> DamagedBy(const DamageRule& rule,
                                    uint64_t offset_bytes, uint64_t size_bytes,
                                    uint64_t end_bytes);

// What damaged bytes read as: every bit is inverted, so that no byte stays as
// it was.
Bytes Damaged(ByteSpan bytes);

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_FILES_NEIGHBOUR_DAMAGE_H_
