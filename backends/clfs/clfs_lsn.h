// Log sequence numbers (LSNs), with the names of the CLFS interface.
//
//   bits 0 to 8     the number of the record in its block
//   bits 9 to 31    the place of the block in its container, in 512 bytes
//   bits 32 to 63   the logical container, counted from 1
//
// Numeric order is log order. All functions are pure.
//
// Example: 0x100000200 is the block at byte 512 of container 1.
//
// Source: Microsoft, "CLFS Stable Storage", "CLFS Log Sequence Numbers",
// clfsw32.h (LsnCreate, LsnContainer, ...).

#ifndef POWERCUT_BACKENDS_CLFS_CLFS_LSN_H_
#define POWERCUT_BACKENDS_CLFS_CLFS_LSN_H_

#include <compare>
#include <cstdint>

namespace powercut::clfs {

struct CLFS_LSN {
  uint64_t Internal = 0;

  auto operator<=>(const CLFS_LSN&) const = default;
};

// This LSN is valid and below the LSN of every record.
inline constexpr CLFS_LSN CLFS_LSN_NULL{0};
// This LSN is not valid and above every other one.
inline constexpr CLFS_LSN CLFS_LSN_INVALID{0xffff'ffff'0000'0000};

inline constexpr uint32_t kLsnUnitBytes = 512;
inline constexpr uint32_t kLsnSequenceMax = (1u << 9) - 1;
inline constexpr uint64_t kLsnOffsetMaxBytes =
    uint64_t{(1u << 23) - 1} * kLsnUnitBytes;

// Puts an LSN together. Returns CLFS_LSN_INVALID if the offset is no multiple
// of 512 or one of the numbers is too large.
constexpr CLFS_LSN LsnCreate(uint32_t container, uint64_t offset_bytes,
                             uint32_t sequence) {
  if (offset_bytes % kLsnUnitBytes != 0 || offset_bytes > kLsnOffsetMaxBytes ||
      sequence > kLsnSequenceMax || container == ~uint32_t{0}) {
    return CLFS_LSN_INVALID;
  }
  return {uint64_t{container} << 32 | offset_bytes | sequence};
}

constexpr uint32_t LsnContainer(CLFS_LSN lsn) {
  return static_cast<uint32_t>(lsn.Internal >> 32);
}
constexpr uint32_t LsnBlockOffset(CLFS_LSN lsn) {
  return static_cast<uint32_t>(lsn.Internal) & ~kLsnSequenceMax;
}
constexpr uint32_t LsnRecordSequence(CLFS_LSN lsn) {
  return static_cast<uint32_t>(lsn.Internal) & kLsnSequenceMax;
}

constexpr bool LsnEqual(CLFS_LSN a, CLFS_LSN b) { return a == b; }
constexpr bool LsnLess(CLFS_LSN a, CLFS_LSN b) { return a < b; }
constexpr bool LsnGreater(CLFS_LSN a, CLFS_LSN b) { return a > b; }
constexpr bool LsnNull(CLFS_LSN lsn) { return lsn == CLFS_LSN_NULL; }
constexpr bool LsnInvalid(CLFS_LSN lsn) { return lsn == CLFS_LSN_INVALID; }
// Returns the least LSN above `lsn`; CLFS_LSN_INVALID for CLFS_LSN_INVALID.
constexpr CLFS_LSN LsnIncrement(CLFS_LSN lsn) {
  return LsnInvalid(lsn) ? lsn : CLFS_LSN{lsn.Internal + 1};
}

}  // namespace powercut::clfs

#endif  // POWERCUT_BACKENDS_CLFS_CLFS_LSN_H_
