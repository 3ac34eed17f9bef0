// Tests SectorSet against std::set under seeded random operations.

#include "harness/disk/sector_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

constexpr uint64_t kSectorLimit = uint64_t{1} << 32;

std::vector<SectorRange> RangesOf(const SectorSet& set) {
  std::vector<SectorRange> ranges;
  set.ForEachRange([&ranges](SectorRange range) { ranges.push_back(range); });
  return ranges;
}

std::vector<SectorRange> RangesOf(const std::set<uint64_t>& set) {
  std::vector<SectorRange> ranges;
  for (const uint64_t sector : set) {
    if (!ranges.empty() && ranges.back().end() == sector) {
      ++ranges.back().count;
    } else {
      ranges.push_back({.first = sector, .count = 1});
    }
  }
  return ranges;
}

// Does the same operations on a SectorSet and on a plain set.
struct Pair {
  SectorSet set;
  std::set<uint64_t> plain;

  void Add(SectorRange range) {
    set.Add(range);
    for (uint64_t s = range.first; s < range.end(); ++s) plain.insert(s);
  }
  void Remove(SectorRange range) {
    set.Remove(range);
    plain.erase(plain.lower_bound(range.first), plain.lower_bound(range.end()));
  }
  void UnionWith(const Pair& other) {
    set.UnionWith(other.set);
    plain.insert(other.plain.begin(), other.plain.end());
  }
  void Subtract(const Pair& other) {
    set.Subtract(other.set);
    for (const uint64_t sector : other.plain) plain.erase(sector);
  }
};

// Ranges that lie close together, around the borders of CRoaring's containers
// (65536 sectors) and at the upper end.
SectorRange RandomRange(Prng& prng) {
  constexpr uint64_t kBases[] = {0, 65536 - 100, 3 * 65536 - 100,
                                 kSectorLimit - 700};
  const uint64_t first = kBases[prng.Below(4)] + prng.Below(200);
  const uint64_t longest = prng.OneIn(4) ? 500 : 8;
  return {.first = first, .count = prng.Below(longest)};
}

void ExpectSame(const Pair& pair, Prng& prng) {
  ASSERT_EQ(pair.set.size(), pair.plain.size());
  ASSERT_EQ(pair.set.empty(), pair.plain.empty());
  ASSERT_EQ(RangesOf(pair.set), RangesOf(pair.plain));
  for (int i = 0; i < 8; ++i) {
    const SectorRange range = RandomRange(prng);
    ASSERT_EQ(pair.set.Contains(range.first), pair.plain.contains(range.first));
    const auto next = pair.plain.lower_bound(range.first);
    ASSERT_EQ(pair.set.Intersects(range),
              next != pair.plain.end() && *next < range.end());
  }
}

TEST(SectorSetTest, AgreesWithPlainSet) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    Pair pairs[2];
    for (int step = 0; step < 1500; ++step) {
      Pair& pair = pairs[prng.Below(2)];
      Pair& other = pairs[prng.Below(2)];
      switch (prng.Below(16)) {
        case 0:
          pair.UnionWith(other);
          break;
        case 1:
          if (&pair != &other) pair.Subtract(other);
          break;
        case 2:
          pair = Pair(other);
          break;
        case 3:
          pair = Pair();
          break;
        case 4:
        case 5:
        case 6:
        case 7:
          pair.Remove(RandomRange(prng));
          break;
        default:
          pair.Add(RandomRange(prng));
      }
      ExpectSame(pair, prng);
      if (testing::Test::HasFatalFailure()) return;
      ASSERT_EQ(pairs[0].set == pairs[1].set, pairs[0].plain == pairs[1].plain);
    }
  }
}

TEST(SectorSetTest, EqualityIsOfMembersNotOfHistory) {
  SectorSet by_range;
  by_range.Add({.first = 10, .count = 5000});
  SectorSet one_by_one;
  for (uint64_t s = 10; s < 5010; ++s) one_by_one.Add({.first = s, .count = 1});
  EXPECT_TRUE(by_range == one_by_one);
  SectorSet joined;
  joined.Add({.first = 5000, .count = 10});
  joined.Add({.first = 10, .count = 100});
  EXPECT_FALSE(by_range == joined);
  joined.Add({.first = 110, .count = 4890});
  EXPECT_TRUE(by_range == joined);
  EXPECT_TRUE(joined == by_range);
  joined.Subtract(by_range);
  EXPECT_TRUE(joined == SectorSet());
  EXPECT_TRUE(SectorSet() == joined);
  one_by_one.Remove({.first = 5009, .count = 1});
  EXPECT_FALSE(by_range == one_by_one);
  one_by_one.Add({.first = 5010, .count = 1});
  EXPECT_EQ(one_by_one.size(), by_range.size());
  EXPECT_FALSE(by_range == one_by_one);
}

TEST(SectorSetTest, CopyIsIndependent) {
  SectorSet first;
  first.Add({.first = 1, .count = 3});
  SectorSet second = first;
  second.Remove({.first = 2, .count = 1});
  EXPECT_EQ(first.size(), 3u);
  EXPECT_EQ(second.size(), 2u);
  const SectorSet third = std::move(second);
  EXPECT_EQ(third.size(), 2u);
}

TEST(SectorSetTest, SubtractsItself) {
  SectorSet set;
  set.Add({.first = 7, .count = 9});
  const SectorSet& same = set;
  set.Subtract(same);
  EXPECT_TRUE(set.empty());
}

TEST(SectorSetTest, HoldsEverySectorThereIs) {
  SectorSet set;
  set.Add({.first = 0, .count = kSectorLimit});
  EXPECT_EQ(set.size(), kSectorLimit);
  EXPECT_TRUE(set.Contains(kSectorLimit - 1));
  set.Remove({.first = 1, .count = kSectorLimit - 2});
  EXPECT_EQ(RangesOf(set), (std::vector<SectorRange>{
                               {.first = 0, .count = 1},
                               {.first = kSectorLimit - 1, .count = 1}}));
}

TEST(SectorSetDeathTest, RefusesNumbersBeyondTheLimit) {
  SectorSet set;
  EXPECT_DEATH(set.Add({.first = kSectorLimit, .count = 1}), "check failed");
  EXPECT_DEATH(set.Add({.first = 5, .count = kSectorLimit}), "check failed");
}

}  // namespace
}  // namespace powercut
