// Self-identifying contents: their layout, the edges of ranges, and how they
// are read back.

#include "model/words/content.h"

#include <gtest/gtest.h>

#include "harness/base/prng.h"

namespace powercut {
namespace {

TEST(Content, GranuleHasTheDocumentedBytes) {
  const std::string content =
      MakeContent(0x0102, 0x0304, 0x05060708, {0x0a0b0c0d * 16ull, 16});
  EXPECT_EQ(content, std::string("\xde\xc0\x02\x01\x04\x03\x08\x07\x06\x05"
                                 "\x0d\x0c\x0b\x0a\x00\x00",
                                 16));
}

TEST(Content, WholeGranulesReadBack) {
  const std::string content = MakeContent(3, 9, 77, {512, 64});
  ASSERT_EQ(content.size(), 64u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(ReadGranule(std::string_view(content).substr(i * 16, 16)),
              (Granule{3, 9, 77, 32 + i}));
  }
}

TEST(Content, IndexKeeps48Bits) {
  const uint64_t index = (uint64_t{1} << 48) - 2;
  const std::string content = MakeContent(1, 1, 1, {index * 16, 16});
  EXPECT_EQ(ReadGranule(content), (Granule{1, 1, 1, index}));
}

TEST(Content, PartialGranulesHoldTheEdgeByte) {
  const std::string content = MakeContent(1, 130, 5, {10, 30});
  EXPECT_EQ(content.substr(0, 6), std::string(6, '\x82'));
  EXPECT_EQ(ReadGranule(std::string_view(content).substr(6, 16)),
            (Granule{1, 130, 5, 1}));
  EXPECT_EQ(content.substr(22), std::string(8, '\x82'));
}

TEST(Content, RangeWithinOneGranuleIsAllEdge) {
  EXPECT_EQ(MakeContent(1, 1, 1, {17, 15}), std::string(15, '\x81'));
  EXPECT_EQ(MakeContent(1, 1, 1, {17, 3}), std::string(3, '\x81'));
  EXPECT_EQ(MakeContent(1, 1, 1, {16, 15}), std::string(15, '\x81'));
  EXPECT_EQ(MakeContent(1, 1, 1, {16, 0}), "");
}

// A byte depends on its place and on the edges of the op's range. It does not
// depend on calls that cut the range at a granule.
TEST(Content, CutsAtGranulesDoNotMatter) {
  Prng prng(1);
  for (int i = 0; i < 500; ++i) {
    const uint64_t offset = prng.Below(100);
    const uint64_t size = 32 + prng.Below(200);
    const uint64_t cut = (offset / 16 + 1) * 16;
    const std::string whole = MakeContent(1, 2, 3, {offset, size});
    ASSERT_EQ(whole.size(), size);
    EXPECT_EQ(whole, MakeContent(1, 2, 3, {offset, cut - offset}) +
                         MakeContent(1, 2, 3, {cut, offset + size - cut}));
  }
}

TEST(Content, ForeignBytesAreNobodys) {
  EXPECT_EQ(ReadGranule(std::string(16, '\0')), std::nullopt);
  EXPECT_EQ(ReadGranule(std::string(16, '\x81')), std::nullopt);
  std::string no_op = MakeContent(1, 1, 1, {0, 16});
  no_op[4] = 0;
  EXPECT_EQ(ReadGranule(no_op), std::nullopt);
}

}  // namespace
}  // namespace powercut
