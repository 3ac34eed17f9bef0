// Tests the salvage of logs whose superblock does not say how many entries
// there are: every sound entry is taken, and the report says where salvage
// ended.

#include "harness/block_log/salvage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/limits.h"
#include "tests/harness/block_log/awkward_trace.h"
#include "tests/harness/block_log/log_entries.h"

namespace powercut {
namespace {

void ClearSuperblock(Bytes& bytes) {
  std::fill_n(bytes.begin(), std::min<size_t>(32, bytes.size()), std::byte{0});
}

void SetCount(Bytes& bytes, uint64_t count) {
  StoreLittleEndian<uint64_t>(bytes, 16, count);
}

// Where each entry ends.
std::vector<uint64_t> EndsOf(const BlockLog& log) {
  std::vector<uint64_t> ends;
  uint64_t end = log.sector_bytes;
  for (const BlockLogEntry& entry : log.entries) {
    end += log.sector_bytes + entry.payload.size();
    ends.push_back(end);
  }
  return ends;
}

class SalvagedGoldenLogTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    bytes_ = FileBytes(std::filesystem::path(POWERCUT_SOURCE_DIR) /
                       "tests/golden/log" / GetParam());
    const Result<BlockLog> log = ReadBlockLog(bytes_);
    ASSERT_TRUE(log);
    log_ = *log;
  }
  Bytes bytes_;
  BlockLog log_;
};

// Salvage takes exactly the entries that lie before the cut as a whole.
TEST_P(SalvagedGoldenLogTest, CutAtEveryByte) {
  ClearSuperblock(bytes_);
  const std::vector<uint64_t> ends = EndsOf(log_);
  for (size_t size = 0; size <= bytes_.size(); ++size) {
    const ByteSpan cut = ByteSpan(bytes_).first(size);
    const auto whole =
        std::ranges::upper_bound(ends, uint64_t{size}) - ends.begin();
    const Result<BlockLog> salvaged = SalvageBlockLog(cut, kDiskBytesMax);
    ASSERT_EQ(salvaged.has_value(), whole > 0) << size;
    if (!salvaged) {
      ASSERT_TRUE(NamesAPlace(salvaged.error().message))
          << salvaged.error().message;
      continue;
    }
    ASSERT_TRUE(IsUncounted(cut));
    ASSERT_EQ(salvaged->sector_bytes, log_.sector_bytes);
    ASSERT_EQ(salvaged->lint.size(), 1u);
    ASSERT_TRUE(NamesAPlace(salvaged->lint[0]));
    ASSERT_TRUE(std::equal(salvaged->entries.begin(), salvaged->entries.end(),
                           log_.entries.begin(), log_.entries.begin() + whole))
        << size;
  }
}

TEST_P(SalvagedGoldenLogTest, ZerosBehindItAreItsEnd) {
  SetCount(bytes_, 0);
  ASSERT_TRUE(IsUncounted(bytes_));
  bytes_.resize(bytes_.size() + 10'000);
  const Result<BlockLog> salvaged = SalvageBlockLog(bytes_, kDiskBytesMax);
  ASSERT_TRUE(salvaged);
  EXPECT_EQ(salvaged->entries, log_.entries);
  EXPECT_NE(salvaged->lint[0].find("only zeros follow"), std::string::npos);
}

// An entry that ends with the disk is sound, and one that ends a sector later
// is not.
TEST_P(SalvagedGoldenLogTest, TheDiskEndsBehindEveryEntryInTurn) {
  ClearSuperblock(bytes_);
  const auto end_of = [](const BlockLogEntry& entry) {
    return IsMark(entry) ? 0 : entry.sector + entry.sector_count;
  };
  for (const BlockLogEntry& last : log_.entries) {
    for (const uint64_t less : {uint64_t{0}, uint64_t{1}}) {
      if (end_of(last) < less) continue;
      const uint64_t disk_sectors = end_of(last) - less;
      const auto beyond = std::ranges::find_if(
          log_.entries,
          [&](const auto& entry) { return end_of(entry) > disk_sectors; });
      const Result<BlockLog> salvaged =
          SalvageBlockLog(bytes_, disk_sectors * log_.sector_bytes);
      ASSERT_EQ(salvaged.has_value(), beyond != log_.entries.begin());
      if (!salvaged) continue;
      ASSERT_TRUE(std::ranges::equal(
          salvaged->entries,
          std::ranges::subrange(log_.entries.begin(), beyond)))
          << disk_sectors;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, SalvagedGoldenLogTest,
    testing::Values("qemu_mixed_512.log", "qemu_ss4096_rmw.log",
                    "qemu_fua_after_flush.log", "kernel_metadata_flag.log",
                    "hand_mark_ok.log", "hand_dax_inline_data_len.log",
                    "hand_sup_pad_garbage.log"),
    [](const auto& test) {
      const std::string name = test.param;
      return name.substr(0, name.find('.'));
    });

TEST(SalvageLogTest, SectorSizeFollowsFromTheFirstEntry) {
  for (const uint32_t sector_bytes : {512u, 1024u, 2048u, 4096u}) {
    BlockLog log = LogOf({MarkOf("mkfs"), FlushOf()});
    log.sector_bytes = sector_bytes;
    Bytes bytes = WriteBlockLog(log);
    ClearSuperblock(bytes);
    const Result<BlockLog> salvaged = SalvageBlockLog(bytes, kDiskBytesMax);
    ASSERT_TRUE(salvaged) << sector_bytes;
    EXPECT_EQ(salvaged->sector_bytes, sector_bytes);
    EXPECT_EQ(salvaged->entries, log.entries);
  }
  for (const uint32_t sector_bytes : {64u, 8192u}) {
    BlockLog log = LogOf({MarkOf("mkfs"), FlushOf()});
    log.sector_bytes = sector_bytes;
    Bytes bytes = WriteBlockLog(log);
    ClearSuperblock(bytes);
    const Result<BlockLog> salvaged = SalvageBlockLog(bytes, kDiskBytesMax);
    ASSERT_FALSE(salvaged);
    EXPECT_TRUE(salvaged.error().message.starts_with(
        "superblock at byte 0: all zero, and no entry begins at byte 512"));
  }
}

TEST(SalvageLogTest, StopsAtWhatIsNotSound) {
  Bytes bytes = WriteBlockLog(
      LogOf({WriteOf(0, 1), WriteOf(100, 1), WriteOf(2, 1), FlushOf()}));
  ClearSuperblock(bytes);
  const Result<BlockLog> beyond = SalvageBlockLog(bytes, 100 * 512);
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->entries.size(), 1u);
  EXPECT_EQ(beyond->lint[0],
            "entry 1 at byte 1536: salvage ends here, since sectors 100+1 lie "
            "beyond a disk of 100 (superblock: all zero, the log was never "
            "completed); 1 entries taken, of which the data of the last may be "
            "incomplete");
  StoreLittleEndian<uint64_t>(bytes, 1536 + 16, 64);
  const Result<BlockLog> flagged = SalvageBlockLog(bytes, kDiskBytesMax);
  ASSERT_TRUE(flagged);
  EXPECT_NE(flagged->lint[0].find("unknown flag bits 0x40"), std::string::npos);
}

TEST(SalvageLogTest, CountsThatAreStaleAreSaid) {
  const BlockLog log = LogOf({WriteOf(0, 1), FlushOf(), WriteOf(2, 1)});
  for (const uint64_t count : {1u, 3u, 9u}) {
    Bytes bytes = WriteBlockLog(log);
    SetCount(bytes, count);
    EXPECT_FALSE(IsUncounted(bytes));
    const Result<BlockLog> salvaged = SalvageBlockLog(bytes, kDiskBytesMax);
    ASSERT_TRUE(salvaged);
    EXPECT_EQ(salvaged->entries, log.entries);
    EXPECT_NE(salvaged->lint[0].find("counts " + std::to_string(count)),
              std::string::npos);
  }
}

TEST(SalvageLogTest, NothingToSalvage) {
  const auto message = [](const Bytes& bytes) {
    const Result<BlockLog> salvaged = SalvageBlockLog(bytes, kDiskBytesMax);
    return salvaged ? "" : salvaged.error().message;
  };
  EXPECT_EQ(message({}), "superblock at byte 0: the file ends after 0 bytes");
  EXPECT_EQ(message(Bytes(10'000)),
            "superblock at byte 0: all zero, and no entry begins at byte 512, "
            "1024, 2048 or 4096");
  EXPECT_EQ(message(WriteBlockLog(LogOf({}))),
            "entry 0 at byte 512: the file ends (superblock: counts 0 "
            "entries): no sound entry to salvage");
  Bytes version = WriteBlockLog(LogOf({FlushOf()}));
  StoreLittleEndian<uint64_t>(version, 8, 2);
  EXPECT_EQ(message(version), "superblock at byte 8: version 2, not 1");
}

// A file that is too short for a superblock is no log that nobody counted.
TEST(SalvageLogTest, ZerosAreUncountedFromTheFieldsOn) {
  for (const size_t size : {0, 1, 31}) EXPECT_FALSE(IsUncounted(Bytes(size)));
  for (const size_t size : {32, 33, 512, 5000}) {
    EXPECT_TRUE(IsUncounted(Bytes(size))) << size;
    Bytes written(size);
    written[31] = std::byte{1};
    EXPECT_FALSE(IsUncounted(written)) << size;
  }
}

}  // namespace
}  // namespace powercut
