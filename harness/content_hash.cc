#include "harness/content_hash.h"

#include <xxhash.h>

namespace powercut {

Hash128 HashBytes(ByteSpan bytes, uint64_t seed) {
  if (AllZero(bytes)) return {};
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

}  // namespace powercut
