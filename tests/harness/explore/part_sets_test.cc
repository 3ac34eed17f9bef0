// PartSets against std::set.

#include "harness/explore/part_sets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

TEST(PartSetsTest, AllAndNoneAreKnown) {
  PartSets sets(3);
  EXPECT_EQ(sets.Of(std::vector<uint32_t>{1, 2, 3}), kAllParts);
  EXPECT_EQ(sets.Of(std::vector<uint32_t>{}), kNoParts);
  PartSets none(0);
  EXPECT_EQ(none.Common(kAllParts, kAllParts), kAllParts);
  EXPECT_EQ(none.Without(kAllParts, kAllParts), kNoParts);
  EXPECT_EQ(none.Without(kAllParts, kNoParts), kAllParts);
}

TEST(PartSetsTest, IsAsStdSetHasIt) {
  constexpr uint32_t kParts = 7;
  PartSets sets(kParts);
  Prng prng(1);
  std::map<PartSetId, std::vector<uint32_t>> known;
  const auto draw = [&] {
    std::vector<uint32_t> parts;
    for (uint32_t part = 1; part <= kParts; ++part) {
      if (prng.Below(2) == 0) parts.push_back(part);
    }
    const PartSetId id = sets.Of(parts);
    const auto [at, added] = known.emplace(id, parts);
    EXPECT_EQ(at->second, parts);
    return id;
  };
  for (int i = 0; i < 2000; ++i) {
    const PartSetId a = draw();
    const PartSetId b = draw();
    std::vector<uint32_t> common;
    std::ranges::set_intersection(known[a], known[b],
                                  std::back_inserter(common));
    std::vector<uint32_t> left;
    std::ranges::set_difference(known[a], known[b], std::back_inserter(left));
    EXPECT_EQ(sets.Common(a, b), sets.Of(common));
    EXPECT_EQ(sets.Without(a, b), sets.Of(left));
  }
}

}  // namespace
}  // namespace powercut
