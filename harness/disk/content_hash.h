// Hash128: identity of contents by hash. 128 bits, since 64 would take two of
// 10^9 different states for one with a chance of 3 %.

#ifndef POWERCUT_HARNESS_DISK_CONTENT_HASH_H_
#define POWERCUT_HARNESS_DISK_CONTENT_HASH_H_

#include <compare>
#include <cstddef>
#include <cstdint>

#include "harness/base/bytes.h"

namespace powercut {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;

  // Combines hashes of parts that each occur at most once (a block of an
  // image), in any order; combining twice takes the part out again.
  Hash128& operator^=(const Hash128& other) {
    low ^= other.low;
    high ^= other.high;
    return *this;
  }
  friend Hash128 operator^(Hash128 a, const Hash128& b) { return a ^= b; }
  auto operator<=>(const Hash128&) const = default;
};

// For unordered containers: the value is already evenly distributed.
struct Hash128Hasher {
  size_t operator()(const Hash128& hash) const { return hash.low; }
};

// XXH3-128. `seed` separates uses (e.g. the block's number). Bytes that are all
// zero hash to zero whatever the seed: most of a disk is, and then needs no
// hashing.
Hash128 HashBytes(ByteSpan bytes, uint64_t seed);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_CONTENT_HASH_H_
