// Tests SparseImage against a flat buffer under seeded random writes.

#include "harness/disk/sparse_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "harness/base/prng.h"

namespace powercut {
namespace {

Bytes RandomBytes(Prng& prng, size_t count) {
  Bytes bytes(count);
  // Every third piece is zeros, which an image need not store.
  if (prng.OneIn(3)) return bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(prng.Below(4));
  return bytes;
}

Bytes AllOf(const SparseImage& image) {
  Bytes bytes(image.size_bytes(), std::byte{0xee});
  image.Read(0, bytes);
  return bytes;
}

TEST(SparseImageTest, AgreesWithFlatBuffer) {
  // More than two leaves of 2 MiB, and not a multiple of the page size.
  constexpr uint64_t kSizeBytes = (uint64_t{5} << 20) + 512;
  Prng prng(1);
  SparseImage image(kSizeBytes);
  Bytes flat(kSizeBytes);
  for (int step = 0; step < 400; ++step) {
    const uint64_t offset = prng.Below(kSizeBytes);
    const uint64_t longest = prng.OneIn(10) ? 100000 : 6000;
    const uint64_t count = std::min(prng.Below(longest), kSizeBytes - offset);
    const Bytes data = RandomBytes(prng, count);
    image.Write(offset, data);
    std::ranges::copy(data, MutableByteSpan(flat).subspan(offset).begin());

    const uint64_t from = prng.Below(kSizeBytes);
    Bytes out(std::min<uint64_t>(prng.Below(9000), kSizeBytes - from),
              std::byte{0xee});
    image.Read(from, out);
    ASSERT_TRUE(
        std::ranges::equal(out, ByteSpan(flat).subspan(from, out.size())));
  }
  EXPECT_EQ(AllOf(image), flat);

  Bytes from_pages(kSizeBytes);
  uint64_t last_end = 0;
  image.ForEachPage([&](uint64_t offset, ByteSpan page) {
    EXPECT_GE(offset, last_end);
    last_end = offset + page.size();
    ASSERT_LE(last_end, kSizeBytes);
    std::ranges::copy(page,
                      MutableByteSpan(from_pages).subspan(offset).begin());
  });
  EXPECT_EQ(from_pages, flat);
}

TEST(SparseImageTest, CopyIsDeep) {
  SparseImage image(10000);
  image.Write(100, AsBytes("old"));
  SparseImage copy = image;
  copy.Write(100, AsBytes("new"));
  Bytes out(3);
  image.Read(100, out);
  EXPECT_EQ(AsText(out), "old");
  SparseImage moved = std::move(copy);
  moved.Read(100, out);
  EXPECT_EQ(AsText(out), "new");
}

TEST(SparseImageTest, FindsTheFirstDifference) {
  constexpr uint64_t kSizeBytes = uint64_t{9} << 20;
  Prng prng(2);
  for (int round = 0; round < 50; ++round) {
    SparseImage left(kSizeBytes);
    left.Write(prng.Below(kSizeBytes - 5000), RandomBytes(prng, 5000));
    SparseImage right = left;
    // A page of zeros equals one that was never written.
    const uint64_t blank = prng.Below(kSizeBytes - 1);
    Bytes was(1);
    right.Read(blank, was);
    right.Write(blank, AsBytes("x"));
    right.Write(blank, was);
    ASSERT_TRUE(left.SameBytes(right));
    ASSERT_TRUE(right.SameBytes(left));

    const uint64_t offset = prng.Below(kSizeBytes - 1);
    right.Read(offset, was);
    const Bytes other(1, was[0] ^ std::byte{0x40});
    right.Write(offset, other);
    right.Write(kSizeBytes - 1, AsBytes("y"));
    ASSERT_FALSE(left.SameBytes(right));
    ASSERT_EQ(left.FirstDifference(right), offset);
    ASSERT_EQ(right.FirstDifference(left), offset);
  }
}

TEST(SparseImageTest, SizesMustAgreeToBeTheSame) {
  EXPECT_FALSE(SparseImage(512).SameBytes(SparseImage(1024)));
  EXPECT_TRUE(SparseImage(0).SameBytes(SparseImage(0)));
}

TEST(SparseImageTest, ZerosOnBlankPagesAreNotStored) {
  SparseImage image(uint64_t{1} << 40);
  image.Write(uint64_t{1} << 39, Bytes(100000));
  int pages = 0;
  image.ForEachPage([&pages](uint64_t, ByteSpan) { ++pages; });
  EXPECT_EQ(pages, 0);
}

TEST(SparseImageDeathTest, RefusesRangesBeyondTheEnd) {
  SparseImage image(1000);
  Bytes two(2);
  EXPECT_DEATH(image.Read(999, two), "check failed");
  EXPECT_DEATH(image.Write(UINT64_MAX, two), "check failed");
}

TEST(ImageChangesOfAnImage, AreThePagesOfItsWrites) {
  SparseImage image(uint64_t{1} << 20);
  const auto changes = std::make_shared<ImageChanges>();
  image.set_changes(changes);
  EXPECT_EQ(changes->Take(), std::nullopt);
  image.Write(4096 * 3 + 4000, Bytes(200));
  image.Write(4096 * 4, Bytes(1));
  image.Write(0, {});
  SparseImage copy(image);
  copy.Write(0, Bytes(1));
  EXPECT_EQ(changes->Take(), (std::vector<uint64_t>{3, 4}));
  EXPECT_EQ(changes->Take(), std::vector<uint64_t>{});
  // A list that is too long ends as "all".
  changes->Note(0, uint64_t{1} << 40);
  EXPECT_EQ(changes->Take(), std::nullopt);
}

}  // namespace
}  // namespace powercut
