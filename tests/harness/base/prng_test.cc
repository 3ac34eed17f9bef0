// Prng: its outputs are part of the product. A seed in a report must mean the
// same in every later version, so these numbers never change. They were taken
// from the first version and equal xoshiro256** seeded through splitmix64 as
// its authors publish them (computed here a second time).

#include "harness/base/prng.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace powercut {
namespace {

struct Frozen {
  uint64_t seed;
  std::array<uint64_t, 5> outputs;
};

constexpr Frozen kFrozen[] = {
    {0,
     {0x99ec5f36cb75f2b4, 0xbf6e1f784956452a, 0x1a5f849d4933e6e0,
      0x6aa594f1262d2d2c, 0xbba5ad4a1f842e59}},
    {1,
     {0xb3f2af6d0fc710c5, 0x853b559647364cea, 0x92f89756082a4514,
      0x642e1c7bc266a3a7, 0xb27a48e29a233673}},
    {42,
     {0x15780b2e0c2ec716, 0x6104d9866d113a7e, 0xae17533239e499a1,
      0xecb8ad4703b360a1, 0xfde6dc7fe2ec5e64}},
};

TEST(Prng, OutputsAreFrozen) {
  for (const Frozen& frozen : kFrozen) {
    Prng prng(frozen.seed);
    for (const uint64_t output : frozen.outputs) {
      EXPECT_EQ(prng.Next(), output) << "seed " << frozen.seed;
    }
  }
}

TEST(Prng, DrawsBelowABoundAreFrozen) {
  Prng prng(42);
  std::vector<uint64_t> draws(10);
  for (uint64_t& draw : draws) draw = prng.Below(100);
  EXPECT_EQ(draws,
            (std::vector<uint64_t>{42, 2, 9, 93, 76, 84, 54, 7, 58, 85}));
}

// splitmix64, then xoshiro256**, from their papers.
TEST(Prng, IsTheAlgorithmItSays) {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) {
    std::array<uint64_t, 4> s{};
    uint64_t x = seed;
    for (uint64_t& word : s) {
      uint64_t z = (x += 0x9e3779b97f4a7c15);
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
    const auto rotl = [](uint64_t v, int k) {
      return (v << k) | (v >> (64 - k));
    };
    Prng prng(seed);
    for (int i = 0; i < 1000; ++i) {
      const uint64_t result = rotl(s[1] * 5, 7) * 9;
      const uint64_t t = s[1] << 17;
      s[2] ^= s[0];
      s[3] ^= s[1];
      s[1] ^= s[2];
      s[0] ^= s[3];
      s[2] ^= t;
      s[3] = rotl(s[3], 45);
      ASSERT_EQ(prng.Next(), result);
    }
  }
}

TEST(Prng, EqualSeedsAreEqualAndCopiesGoOnAlone) {
  Prng one(7);
  Prng two(7);
  one.Next();
  Prng copy = one;
  two.Next();
  for (int i = 0; i < 100; ++i) {
    const uint64_t output = one.Next();
    EXPECT_EQ(two.Next(), output);
    EXPECT_EQ(copy.Next(), output);
  }
}

TEST(Prng, BelowStaysBelow) {
  Prng prng(3);
  for (const uint64_t bound :
       {uint64_t{1}, uint64_t{2}, uint64_t{3}, uint64_t{1} << 32,
        (uint64_t{1} << 63) + 1, ~uint64_t{0}}) {
    for (int i = 0; i < 2000; ++i) ASSERT_LT(prng.Below(bound), bound);
  }
  for (int i = 0; i < 100; ++i) EXPECT_EQ(prng.Below(1), 0u);
}

// Chi-squared over every residue; the limits lie beyond one chance in 10^6, and
// the draws are fixed anyway.
TEST(Prng, BelowIsEven) {
  constexpr uint64_t kDraws = 60'000;
  for (const uint64_t bound :
       {uint64_t{2}, uint64_t{3}, uint64_t{7}, uint64_t{16}, uint64_t{30}}) {
    Prng prng(bound);
    std::vector<double> counts(bound, 0);
    for (uint64_t i = 0; i < kDraws; ++i) ++counts[prng.Below(bound)];
    const double expected =
        static_cast<double>(kDraws) / static_cast<double>(bound);
    double chi_squared = 0;
    for (const double count : counts) {
      chi_squared += (count - expected) * (count - expected) / expected;
    }
    EXPECT_LT(chi_squared, static_cast<double>(bound) + 60) << bound;
  }
}

// With a bound of 3/4 of the range, taking a draw modulo it without rejecting
// would favour the lower third twofold.
TEST(Prng, BelowOfALargeBoundIsEvenToo) {
  constexpr uint64_t kBound = uint64_t{3} << 62;
  Prng prng(9);
  int lower_third = 0;
  for (int i = 0; i < 30'000; ++i)
    lower_third += prng.Below(kBound) < kBound / 3;
  EXPECT_NEAR(lower_third, 10'000, 400);
}

TEST(Prng, OneInNHappensOnceInN) {
  Prng prng(5);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(prng.OneIn(1));
  int hits = 0;
  for (int i = 0; i < 40'000; ++i) hits += prng.OneIn(4) ? 1 : 0;
  EXPECT_NEAR(hits, 10'000, 450);
}

TEST(Prng, EveryBitIsSetHalfOfTheTime) {
  Prng prng(11);
  std::array<int, 64> set{};
  for (int i = 0; i < 10'000; ++i) {
    const uint64_t output = prng.Next();
    for (int bit = 0; bit < 64; ++bit)
      set[bit] += (output >> bit & 1) != 0 ? 1 : 0;
  }
  for (const int count : set) EXPECT_NEAR(count, 5'000, 300);
}

TEST(PrngDeathTest, NothingIsBelowZero) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Prng(1).Below(0), "internal check failed: bound > 0");
}

}  // namespace
}  // namespace powercut
