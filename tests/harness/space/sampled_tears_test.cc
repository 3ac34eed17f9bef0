// Tests which blocks the draws of sample:N+torn:T tear: each block that can
// tear does so equally often, whatever stands beside it, up to T in a draw.

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "harness/space/enumerate.h"
#include "tests/harness/trace/random_trace.h"

namespace powercut {
namespace {

constexpr uint32_t kDraws = 2000;
constexpr uint64_t kPerBlock = 4;

// How many of the draws tear each block, by its slot. `sectors` has an entry
// for each block: how many of its sectors were written, from the first on.
std::vector<uint32_t> TearsOf(const std::vector<uint64_t>& sectors,
                              uint32_t torn_max) {
  Trace trace = EmptyTrace(sectors.size() * kPerBlock);
  for (size_t i = 0; i < sectors.size(); ++i) {
    Write(trace, i * kPerBlock, Words(sectors[i], i + 1), Layer::kDevice);
  }
  const CrashSpace space(trace, kPerBlock * trace.geometry().sector_bytes);
  PointCursor cursor(space, CrashKind::kPower);
  cursor.MoveTo(trace.event_count());
  std::vector<uint32_t> tears(sectors.size());
  const ExplorationSpace spec{ExplorationSpace::kSample, kDraws, torn_max};
  EnumerateStates(cursor, spec, /*seed=*/1,
                  [&](const CrashState& state, const Hash128&) {
                    uint32_t torn = 0;
                    for (const BlockChoice& choice : state.choices) {
                      if (choice.torn.count == 0) continue;
                      ++torn;
                      ++tears[choice.slot];
                    }
                    EXPECT_LE(torn, torn_max);
                    return true;
                  });
  return tears;
}

// A block holds its new version in every second draw, and tears in every fourth
// of these. There are so many blocks
// that hardly two draws are equal, and nearly all are visited.
TEST(SampledTearsTest, BlocksThatCannotTearTakeNoTearAway) {
  for (const uint32_t torn_max : {1u, 2u}) {
    for (const uint64_t sectors : {2u, 3u, 4u}) {
      std::vector<uint64_t> written(20, 1);
      written.push_back(sectors);
      const std::vector<uint32_t> tears = TearsOf(written, torn_max);
      for (size_t i = 0; i + 1 < tears.size(); ++i) EXPECT_EQ(tears[i], 0u);
      EXPECT_GT(tears.back(), kDraws / 8 * 2 / 3) << sectors;
      EXPECT_LT(tears.back(), kDraws / 8 * 3 / 2) << sectors;
    }
  }
}

// The first blocks do not take all tears: with as many tears as blocks, each
// block tears as often as any other.
TEST(SampledTearsTest, EachBlockTearsEquallyOften) {
  for (const uint32_t tears : TearsOf(std::vector<uint64_t>(16, 4), 16)) {
    EXPECT_GT(tears, kDraws / 8 * 2 / 3);
    EXPECT_LT(tears, kDraws / 8 * 3 / 2);
  }
}

}  // namespace
}  // namespace powercut
