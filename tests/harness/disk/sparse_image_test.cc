// Tests SparseImage against a flat buffer under seeded random writes.

#include "harness/disk/sparse_image.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

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
  std::vector<Bytes> lasting;
  for (int step = 0; step < 1000; ++step) {
    uint64_t offset = prng.Below(kSizeBytes);
    const uint64_t longest = prng.OneIn(10) ? 100000 : 6000;
    uint64_t count = std::min(prng.Below(longest), kSizeBytes - offset);
    if (prng.OneIn(2)) {
      offset -= offset % 512;
      count -= count % 512;
    }
    const Bytes data = RandomBytes(prng, count);
    if (prng.OneIn(2)) {
      image.WriteLasting(offset, lasting.emplace_back(data));
    } else {
      image.Write(offset, data);
    }
    if (step == 500) image = SparseImage(image);
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

TEST(SparseImageTest, PointsToLastingBytesAndACopyDoesNot) {
  SparseImage image(1 << 20);
  Bytes lasting(1024, std::byte{1});
  image.WriteLasting(4096 + 512, lasting);
  const SparseImage copy(image);
  // Nobody may do this, but it shows where the bytes are.
  lasting.assign(lasting.size(), std::byte{2});
  Bytes out(1024);
  image.Read(4096 + 512, out);
  EXPECT_EQ(out, lasting);
  copy.Read(4096 + 512, out);
  EXPECT_EQ(out, Bytes(1024, std::byte{1}));
  // A write to the page ends that, and changes no lasting bytes.
  image.Write(4096, AsBytes("own"));
  lasting.assign(lasting.size(), std::byte{3});
  image.Read(4096 + 512, out);
  EXPECT_EQ(out, Bytes(1024, std::byte{2}));
  image.WriteLasting(4096 + 512, lasting);
  lasting.assign(lasting.size(), std::byte{4});
  image.Read(4096 + 512, out);
  EXPECT_EQ(out, Bytes(1024, std::byte{3}));
}

TEST(SparseImageTest, FindsTheFirstDifference) {
  constexpr uint64_t kSizeBytes = uint64_t{9} << 20;
  Prng prng(2);
  for (int round = 0; round < 50; ++round) {
    SparseImage left(kSizeBytes);
    left.Write(prng.Below(kSizeBytes - 5000), RandomBytes(prng, 5000));
    const Bytes lasting = RandomBytes(prng, 5120);
    left.WriteLasting(512 * prng.Below(kSizeBytes / 512 - 10), lasting);
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
  const Bytes lasting(102400);
  image.WriteLasting(uint64_t{1} << 38, lasting);
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
  const Bytes lasting(1024, std::byte{1});
  image.WriteLasting(4096 * 7 + 3584, lasting);
  SparseImage copy(image);
  copy.Write(0, Bytes(1));
  EXPECT_EQ(changes->Take(), (std::vector<uint64_t>{3, 4, 7, 8}));
  EXPECT_EQ(changes->Take(), std::vector<uint64_t>{});
  // A list that is too long ends as "all".
  changes->Note(0, uint64_t{1} << 40);
  EXPECT_EQ(changes->Take(), std::nullopt);
}

}  // namespace
}  // namespace powercut
