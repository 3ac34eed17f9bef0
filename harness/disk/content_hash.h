// Hash128: the identity of contents by their hash. It has 128 bits, since with
// 64 bits two of 10^9 different states would have equal hashes with a
// probability of 3 %.

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

  // Combines the hashes of parts that each occur at most once (such as the
  // blocks of an image), in any order. Combining a part a second time removes
  // it again, so that the hash of an image follows a change of one block at the
  // cost of that block.
  Hash128& operator^=(const Hash128& other) {
    low ^= other.low;
    high ^= other.high;
    return *this;
  }
  friend Hash128 operator^(Hash128 a, const Hash128& b) { return a ^= b; }
  auto operator<=>(const Hash128&) const = default;
};

// For unordered containers. The value is already evenly distributed, so that
// half of it serves as it is.
struct Hash128Hasher {
  size_t operator()(const Hash128& hash) const { return hash.low; }
};

// XXH3-128 of the bytes. The seed separates uses: equal bytes have different
// hashes under different seeds, such as the numbers of two blocks. The
// exception is a span of zeros, whose hash is zero under every seed: most of a
// disk is zeros, and comparing is cheaper than hashing.
// Equal bytes have equal hashes on every processor. O(size).
Hash128 HashBytes(ByteSpan bytes, uint64_t seed);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_DISK_CONTENT_HASH_H_
