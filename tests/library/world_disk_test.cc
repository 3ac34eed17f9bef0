// Tests the raw disk of a world: which ranges are refused, and that what is
// read is what was written, on a live disk and on one that a crash left.

#include "library/files/world_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "harness/base/prng.h"
#include "harness/trace/recording_disk.h"

namespace powercut {
namespace {

constexpr uint64_t kSectors = 8;
constexpr uint64_t kBytes = kSectors * WorldDisk::kSectorBytes;

// Calls `test` with a live disk and with one that a crash left.
template <class Test>
void OnEachDisk(const Test& test) {
  CallLog log;
  WorldDisk live(kBytes, log);
  test(live);
  RecordingDisk recording({512, kSectors},
                          std::make_shared<const SparseImage>(kBytes));
  WorldDisk crashed(recording);
  test(crashed);
}

TEST(WorldDiskTest, RangesBeyondTheDiskAreRefused) {
  OnEachDisk([](WorldDisk& disk) {
    for (const uint64_t first :
         {uint64_t{0}, kSectors - 1, kSectors, uint64_t{1} << 55,
          uint64_t{1} << 63, ~uint64_t{0}}) {
      for (const uint64_t count :
           {uint64_t{0}, uint64_t{1}, kSectors, kSectors + 1, kBytes,
            kBytes + 1, uint64_t{1} << 55, (uint64_t{1} << 55) + 1,
            (uint64_t{1} << 63) + 1, ~uint64_t{0}}) {
        const bool fits =
            count > 0 && first < kSectors && count <= kSectors - first;
        const int expected = fits ? 0 : -EINVAL;
        EXPECT_EQ(disk.Discard(first, count), expected)
            << first << "+" << count;
        if (count > kBytes) continue;
        Bytes data(count * WorldDisk::kSectorBytes);
        EXPECT_EQ(disk.Read(first, data), expected) << first << "+" << count;
        EXPECT_EQ(disk.Write(first, data, /*fua=*/false), expected)
            << first << "+" << count;
      }
    }
  });
}

TEST(WorldDiskTest, OnlyWholeSectorsAreTaken) {
  OnEachDisk([](WorldDisk& disk) {
    for (const size_t bytes : {0, 1, 511, 513, 1023}) {
      Bytes data(bytes);
      EXPECT_EQ(disk.Read(0, data), -EINVAL) << bytes;
      EXPECT_EQ(disk.Write(0, data, /*fua=*/true), -EINVAL) << bytes;
    }
  });
}

TEST(WorldDiskTest, WhatIsReadIsWhatWasWritten) {
  OnEachDisk([](WorldDisk& disk) {
    Prng prng(5);
    std::vector<std::byte> plain(kBytes);
    for (int step = 0; step < 500; ++step) {
      const uint64_t first = prng.Below(kSectors);
      const uint64_t count = 1 + prng.Below(kSectors - first);
      Bytes data(count * WorldDisk::kSectorBytes,
                 static_cast<std::byte>(1 + prng.Below(255)));
      const auto at = plain.begin() +
                      static_cast<ptrdiff_t>(first * WorldDisk::kSectorBytes);
      switch (prng.Below(4)) {
        case 0:
          ASSERT_EQ(disk.Discard(first, count), 0);
          std::fill_n(at, data.size(), std::byte{0});
          break;
        case 1:
          ASSERT_EQ(disk.Flush(), 0);
          break;
        default:
          ASSERT_EQ(disk.Write(first, data, prng.OneIn(2)), 0);
          std::copy(data.begin(), data.end(), at);
      }
      Bytes all(kBytes);
      ASSERT_EQ(disk.Read(0, all), 0);
      ASSERT_TRUE(std::ranges::equal(all, plain)) << step;
    }
  });
}

}  // namespace
}  // namespace powercut
