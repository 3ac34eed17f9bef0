// What a file may make us allocate. An image costs 8 bytes per 2 MiB of disk, a
// scope about 80 bytes per 65536 sectors: a mark of a few bytes could otherwise
// ask for gigabytes.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_LIMITS_H_
#define POWERCUT_HARNESS_BLOCK_LOG_LIMITS_H_

#include <cstdint>
#include <string>

#include "harness/disk/virtual_disk.h"

namespace powercut {

// The reason why a trace cannot have this geometry, or an empty string.
std::string GeometryProblem(uint64_t sector_bytes, uint64_t sector_count);

// The reason why a range is not one of that disk, or an empty string.
std::string RangeProblem(const SectorRange& range,
                         const DiskGeometry& geometry);

// What the scopes of one trace name together.
class ScopeBudget {
 public:
  // False once it is too much.
  bool Take(uint64_t sectors);

 private:
  uint64_t blocks_ = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_LIMITS_H_
