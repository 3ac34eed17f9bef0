// Tests ByteDisk against a flat buffer: random byte ranges, the write events
// that they become, and errors of the disk below.

#include "harness/disk/byte_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/base/prng.h"

namespace powercut {
namespace {

// A disk in memory that counts what reaches it and can be told to fail.
class MemoryDisk : public VirtualDisk {
 public:
  explicit MemoryDisk(DiskGeometry geometry)
      : geometry_(geometry), bytes_(geometry.size_bytes()) {}

  const DiskGeometry& geometry() const override { return geometry_; }

  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    if (failing) return Error{ErrorCode::kIo, "injected"};
    EXPECT_EQ(out.size() % geometry_.sector_bytes, 0u);
    ++reads;
    const uint64_t offset = first_sector * geometry_.sector_bytes;
    std::ranges::copy(ByteSpan(bytes_).subspan(offset, out.size()),
                      out.begin());
    return Ok{};
  }

  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    EXPECT_EQ(data.size() % geometry_.sector_bytes, 0u);
    writes.push_back(
        {.first = first_sector, .count = data.size() / geometry_.sector_bytes});
    last_layer = layer;
    std::ranges::copy(data, MutableByteSpan(bytes_)
                                .subspan(first_sector * geometry_.sector_bytes)
                                .begin());
    return Ok{};
  }

  Status Persist(Layer, const SectorSet*, std::optional<EventNumber>) override {
    return Ok{};
  }
  Status Discard(SectorRange) override { return Ok{}; }
  void Mark(std::string_view) override {}

  const Bytes& bytes() const { return bytes_; }

  bool failing = false;
  int reads = 0;
  std::vector<SectorRange> writes;
  Layer last_layer = Layer::kMedia;

 private:
  DiskGeometry geometry_;
  Bytes bytes_;
};

class ByteDiskTest : public testing::TestWithParam<uint32_t> {};

TEST_P(ByteDiskTest, AgreesWithFlatBuffer) {
  const uint64_t sector_bytes = GetParam();
  MemoryDisk disk({.sector_bytes = GetParam(), .sector_count = 20});
  ByteDisk bytes(disk);
  ASSERT_EQ(bytes.size_bytes(), 20 * sector_bytes);
  Bytes flat(bytes.size_bytes());
  Prng prng(sector_bytes);
  for (int step = 0; step < 3000; ++step) {
    // Aligned ends are frequent enough to meet every case.
    uint64_t from = prng.Below(flat.size());
    uint64_t to =
        from + 1 + prng.Below(std::min(flat.size() - from, 4 * sector_bytes));
    if (prng.OneIn(3)) from -= from % sector_bytes;
    if (prng.OneIn(3)) {
      to = std::min(to - to % sector_bytes + sector_bytes, flat.size());
    }
    const uint64_t first = from / sector_bytes;
    const uint64_t end = (to + sector_bytes - 1) / sector_bytes;
    if (prng.OneIn(2)) {
      Bytes data(to - from);
      for (std::byte& b : data) b = static_cast<std::byte>(prng.Next());
      disk.writes.clear();
      ASSERT_TRUE(bytes.Write(from, data, Layer::kHost));
      ASSERT_EQ(
          disk.writes,
          (std::vector<SectorRange>{{.first = first, .count = end - first}}));
      ASSERT_EQ(disk.last_layer, Layer::kHost);
      std::ranges::copy(data, MutableByteSpan(flat).subspan(from).begin());
      ASSERT_EQ(disk.bytes(), flat);
    } else {
      Bytes out(to - from);
      ASSERT_TRUE(bytes.Read(from, out));
      ASSERT_TRUE(
          std::ranges::equal(out, ByteSpan(flat).subspan(from, to - from)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SectorSizes, ByteDiskTest,
                         testing::Values(512, 1024, 4096));

TEST(ByteDiskReadsTest, OnlyPartlyCoveredSectorsAreRead) {
  MemoryDisk disk({.sector_bytes = 512, .sector_count = 8});
  ByteDisk bytes(disk);
  ASSERT_TRUE(bytes.Write(512, Bytes(1024), Layer::kDevice));
  EXPECT_EQ(disk.reads, 0);
  ASSERT_TRUE(bytes.Write(10, Bytes(20), Layer::kDevice));
  EXPECT_EQ(disk.reads, 1);
  ASSERT_TRUE(bytes.Write(10, Bytes(1024), Layer::kDevice));
  EXPECT_EQ(disk.reads, 3);
  ASSERT_TRUE(bytes.Write(512, Bytes(513), Layer::kDevice));
  EXPECT_EQ(disk.reads, 4);
}

TEST(ByteDiskReadsTest, FailedReadFailsTheWrite) {
  MemoryDisk disk({.sector_bytes = 512, .sector_count = 8});
  ByteDisk bytes(disk);
  disk.failing = true;
  const Status written = bytes.Write(1, Bytes(5), Layer::kHost);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kIo);
  EXPECT_TRUE(disk.writes.empty());
  Bytes out(5);
  EXPECT_FALSE(bytes.Read(1, out));
  EXPECT_TRUE(bytes.Read(4096, {}));
}

TEST(ByteDiskDeathTest, RefusesRangesBeyondTheEnd) {
  MemoryDisk disk({.sector_bytes = 512, .sector_count = 2});
  ByteDisk bytes(disk);
  Bytes out(2);
  EXPECT_DEATH((void)bytes.Read(1023, out), "check failed");
  EXPECT_DEATH((void)bytes.Write(0, {}, Layer::kHost), "check failed");
}

}  // namespace
}  // namespace powercut
