// Tests which states of a batch a TreeFilter lets a worker skip: those that a
// run of the same batch decides, and no others.

#include "harness/explore/tree_filter.h"

#include <gtest/gtest.h>

#include <memory>

#include "harness/trace/trace.h"

namespace powercut {
namespace {

constexpr DiskGeometry kGeometry{512, 16};

// Writes 1, 2 and 3 go to the sectors 1, 2 and 3, and write 4 to sector 1.
class TreeFilterTest : public ::testing::Test {
 protected:
  static Trace FourWrites() {
    Trace trace(kGeometry, std::make_shared<SparseImage>(16 * 512));
    int writes = 0;
    for (const uint64_t sector : {1u, 2u, 3u, 1u}) {
      const Bytes data(512, std::byte(++writes));
      trace.AddWrite(sector, data, Layer::kDevice);
    }
    return trace;
  }

  static CrashState At(EventNumber point) {
    return {point, 0, CrashKind::kPower, CrashState::kNewest, {}};
  }
  static RunReads Reads(std::vector<uint64_t> blocks,
                        std::vector<uint64_t> copied = {}) {
    RunReads reads;
    reads.blocks = std::move(blocks);
    for (const uint64_t block : copied) {
      reads.copies.emplace_back().block = block;
    }
    return reads;
  }

  Trace trace_ = FourWrites();
  CrashSpace space_{trace_, 512};
  BlockContents contents_{space_};
};

TEST_F(TreeFilterTest, ARunDecidesTheStatesThatHoldWhatItRead) {
  TreeFilter filter(contents_, {}, false);
  filter.Begin();
  EXPECT_FALSE(filter.Decides(At(1)));
  // Block 9 is none of the trace, so that it decides nothing.
  filter.Add(At(1), Reads({9, 1}));
  EXPECT_TRUE(filter.Decides(At(1)));
  EXPECT_TRUE(filter.Decides(At(3)));
  EXPECT_FALSE(filter.Decides(At(0)));
  EXPECT_FALSE(filter.Decides(At(4)));
}

TEST_F(TreeFilterTest, ABatchKnowsNothingOfTheOneBefore) {
  TreeFilter filter(contents_, {}, false);
  filter.Begin();
  filter.Add(At(1), Reads({1}));
  filter.Begin();
  EXPECT_FALSE(filter.Decides(At(1)));
}

TEST_F(TreeFilterTest, CopiedDataDecidesOnlyIfItCountsAsRead) {
  for (const bool copies_decide : {false, true}) {
    TreeFilter filter(contents_, {}, copies_decide);
    filter.Begin();
    filter.Add(At(1), Reads({1}, {2}));
    EXPECT_TRUE(filter.Decides(At(1)));
    EXPECT_EQ(filter.Decides(At(2)), !copies_decide);
  }
}

TEST_F(TreeFilterTest, ContextsDecideNothingForEachOther) {
  TreeFilter filter(
      contents_, [](const CrashState& state) { return state.point / 3; },
      false);
  filter.Begin();
  filter.Add(At(1), Reads({1}));
  EXPECT_TRUE(filter.Decides(At(2)));
  EXPECT_FALSE(filter.Decides(At(3)));
}

TEST_F(TreeFilterTest, TheOrderOfReadingMayVary) {
  TreeFilter filter(contents_, {}, false);
  filter.Begin();
  filter.Add(At(1), Reads({1, 2}));
  filter.Add(At(2), Reads({2, 1}));
  EXPECT_TRUE(filter.Decides(At(3)));
  EXPECT_FALSE(filter.Decides(At(0)));
}

}  // namespace
}  // namespace powercut
