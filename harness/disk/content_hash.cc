// XXH3-128 by the packaged library, in the variant for the processor that the
// program runs on.

#include "harness/disk/content_hash.h"

#include <xxhash.h>

// The packaged library's plain functions are built for the oldest processor of
// the family. The dispatching ones choose by what the processor offers, and
// give the same results.
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#endif

namespace powercut {

Hash128 HashBytes(ByteSpan bytes, uint64_t seed) {
  // This takes empty spans, too, whose pointer may be null.
  if (AllZero(bytes)) return {};
  const XXH128_hash_t hash =
      XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.low64, hash.high64};
}

}  // namespace powercut
