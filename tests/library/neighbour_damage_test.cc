// Tests which bytes a write may damage, against byte by byte: for small units,
// every write near every end.

#include "library/files/neighbour_damage.h"

#include <gtest/gtest.h>

#include <set>

namespace powercut {
namespace {

// The bytes of the units that the write touches, or that lie beside these,
// without the write itself and what lies beyond the end.
std::set<uint64_t> NaiveDamage(const DamageRule& rule, uint64_t offset,
                               uint64_t size, uint64_t end) {
  std::set<uint64_t> damaged;
  if (size == 0) return damaged;
  const uint64_t reach = rule.reach == DamageRule::kNeighbours ? 1 : 0;
  for (uint64_t byte = 0; byte < end; ++byte) {
    const bool written = byte >= offset && byte < offset + size;
    const uint64_t unit = byte / rule.unit_bytes;
    const uint64_t first = offset / rule.unit_bytes;
    const uint64_t last = (offset + size - 1) / rule.unit_bytes;
    if (!written && unit + reach >= first && unit <= last + reach) {
      damaged.insert(byte);
    }
  }
  return damaged;
}

TEST(NeighbourDamageTest, EveryWriteDamagesWhatIsBesideIt) {
  for (const auto reach :
       {DamageRule::kNone, DamageRule::kUnit, DamageRule::kNeighbours}) {
    for (const uint32_t unit : {1, 2, 4}) {
      const DamageRule rule{.reach = reach, .unit_bytes = unit};
      for (uint64_t offset = 0; offset < 16; ++offset) {
        for (uint64_t size = 0; size < 10; ++size) {
          for (uint64_t end = 0; end < 30; ++end) {
            std::set<uint64_t> damaged;
            size_t bytes = 0;
            for (const DamagedRange& range :
                 DamagedBy(rule, offset, size, end)) {
              EXPECT_GT(range.size_bytes, 0u);
              for (uint64_t i = 0; i < range.size_bytes; ++i, ++bytes) {
                damaged.insert(range.offset_bytes + i);
              }
            }
            const auto expected = reach == DamageRule::kNone
                                      ? std::set<uint64_t>()
                                      : NaiveDamage(rule, offset, size, end);
            ASSERT_EQ(damaged, expected)
                << unit << ": " << offset << "+" << size << " of " << end;
            ASSERT_EQ(bytes, damaged.size());
          }
        }
      }
    }
  }
}

TEST(NeighbourDamageTest, EveryDamagedByteDiffers) {
  Bytes bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<std::byte>(i));
  const Bytes damaged = Damaged(bytes);
  ASSERT_EQ(damaged.size(), bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) EXPECT_NE(damaged[i], bytes[i]);
}

}  // namespace
}  // namespace powercut
