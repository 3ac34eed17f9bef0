// Every bound of powercut, with its arithmetic. A bound that is hit is always
// reported, never silent.

#ifndef POWERCUT_HARNESS_BASE_LIMITS_H_
#define POWERCUT_HARNESS_BASE_LIMITS_H_

#include <cstdint>

namespace powercut {

// Sector numbers are 32 bits: 2^32 sectors of 512 bytes.
inline constexpr uint64_t kDiskBytesMax = uint64_t{2} << 40;

// Observations carry whole contents, once per different observation.
inline constexpr uint64_t kFileBytesMax = uint64_t{64} << 20;

// The largest run a real device writes whole is a few dozen KiB.
inline constexpr uint32_t kAtomicBytesMax = uint32_t{1} << 20;

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_LIMITS_H_
