// The bounds on the sizes of disks, files and blocks that workloads, traces and
// imported logs may name, with the reason for each. docs/pcut.md 11 lists them
// for users. A workload or a trace beyond a bound is refused with an error.
//
// Bounds on the work of one part (runs, time, memory) are declared with that
// part.

#ifndef POWERCUT_HARNESS_BASE_LIMITS_H_
#define POWERCUT_HARNESS_BASE_LIMITS_H_

#include <cstdint>

namespace powercut {

// The most bytes of a disk, 2 TiB: sets of sectors hold 32-bit numbers
// (harness/disk/sector_set.h), which is 2^32 sectors of 512 bytes.
inline constexpr uint64_t kDiskBytesMax = uint64_t{2} << 40;

// The most bytes of one file on the storage under test, 64 MiB: observations
// carry whole contents, once per different observation.
inline constexpr uint64_t kFileBytesMax = uint64_t{64} << 20;

// The most bytes of a block that the device writes whole, 1 MiB: far above the
// few dozen KiB that the largest such write of a real device has.
inline constexpr uint32_t kAtomicBytesMax = uint32_t{1} << 20;

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_LIMITS_H_
