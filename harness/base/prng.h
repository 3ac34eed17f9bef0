// Prng: the only source of random numbers in powercut. It is xoshiro256**,
// seeded through splitmix64. A test freezes the outputs, since seeds are
// published in reports and must mean the same in every later version.
//
// Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number
// generators", 2018 (the algorithm; the code is our own).

#ifndef POWERCUT_HARNESS_BASE_PRNG_H_
#define POWERCUT_HARNESS_BASE_PRNG_H_

#include <array>
#include <bit>
#include <cstdint>

#include "harness/base/check.h"

namespace powercut {

// Equal seeds give equal sequences on every machine. A copy continues the
// sequence from where the original stood. Not thread-safe.
class Prng {
 public:
  explicit Prng(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
      word = mixed ^ (mixed >> 31);
    }
  }

  // Uniform over all 64-bit numbers.
  uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound). Requires: bound > 0.
  uint64_t Below(uint64_t bound) {
    POWERCUT_CHECK(bound > 0);
    // 2^64 mod `bound`. The number of draws that are left is a multiple of
    // `bound`, so that no remainder is more likely than another.
    const uint64_t reject_below = (0 - bound) % bound;
    for (;;) {
      const uint64_t draw = Next();
      if (draw >= reject_below) return draw % bound;
    }
  }

  // True once in `n` on average. Requires: n > 0.
  bool OneIn(uint64_t n) { return Below(n) == 0; }

 private:
  std::array<uint64_t, 4> state_{};
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_PRNG_H_
