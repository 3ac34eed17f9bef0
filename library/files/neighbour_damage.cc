// Rounds a write outwards to whole units, and takes the write itself out.
//
// Example: 100 bytes at 1,100 with units of 512 bytes. The write touches the
// unit from 1,024 to 1,535. The rest of it is 1,024 to 1,099 and 1,200 to
// 1,535; with the neighbours it is 512 to 1,099 and 1,200 to 2,047, as far as
// the file goes.

#include "library/files/neighbour_damage.h"

#include <algorithm>

namespace powercut {

std::vector<DamagedRange> DamagedBy(const DamageRule& rule,
                                    uint64_t offset_bytes, uint64_t size_bytes,
                                    uint64_t end_bytes) {
  std::vector<DamagedRange> ranges;
  if (rule.reach == DamageRule::kNone || size_bytes == 0) return ranges;
  const uint64_t unit = rule.unit_bytes;
  const uint64_t more = rule.reach == DamageRule::kNeighbours ? unit : 0;
  const uint64_t begin = offset_bytes / unit * unit;
  const uint64_t first = begin - std::min(begin, more);
  const uint64_t end = offset_bytes + size_bytes;
  const uint64_t last =
      std::min((end + unit - 1) / unit * unit + more, end_bytes);
  // A write beyond the end damages what is there before the end.
  const uint64_t before = std::min(offset_bytes, end_bytes);
  if (first < before) ranges.push_back({first, before - first});
  if (end < last) ranges.push_back({end, last - end});
  return ranges;
}

Bytes Damaged(ByteSpan bytes) {
  Bytes damaged(bytes.begin(), bytes.end());
  for (std::byte& byte : damaged) byte = ~byte;
  return damaged;
}

}  // namespace powercut
