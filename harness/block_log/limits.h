// Limits on what a trace file can make powercut allocate. An image costs 8
// bytes for each 2 MiB of disk, and the scope of a persist costs about 80 bytes
// for each 65536 sectors. A mark of a few bytes could otherwise ask for
// gigabytes.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_LIMITS_H_
#define POWERCUT_HARNESS_BLOCK_LOG_LIMITS_H_

#include <cstdint>
#include <string>

#include "harness/disk/virtual_disk.h"

namespace powercut {

// Says why a trace cannot have this geometry: sectors that are not 512 to 4096
// bytes, or a disk over 2 TiB. Empty if the geometry is allowed.
std::string GeometryProblem(uint64_t sector_bytes, uint64_t sector_count);

// Says why `range` is not a range of the disk: it is empty, or it reaches
// beyond the end. Empty if it is one. Any numbers are allowed.
std::string RangeProblem(const SectorRange& range,
                         const DiskGeometry& geometry);

// Adds up how many sectors the scopes of one trace name, in full runs of 65536.
class ScopeBudget {
 public:
  // Counts a scope, or one range of a scope, of that many sectors. Returns
  // false once the trace names more than 2^20 full runs.
  bool Take(uint64_t sectors);

 private:
  uint64_t blocks_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_LIMITS_H_
