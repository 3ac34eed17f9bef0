// Tests the reading of logs, entry by entry, and what damaged logs lead to.

#include "harness/block_log/block_log.h"

#include <gtest/gtest.h>

namespace powercut {
namespace {

// A log of two entries with 512 bytes per sector, which tests damage.
Bytes TwoEntryLog() {
  BlockLog log;
  log.entries.resize(2);
  log.entries[0].sector = 1;
  log.entries[0].sector_count = 1;
  log.entries[0].payload = Bytes(512);
  log.entries[1].flags = BlockLogEntry::kMark;
  log.entries[1].data_len = 4;
  log.entries[1].mark_text = "mkfs";
  return WriteBlockLog(log);
}

struct Damage {
  const char* what;
  size_t offset;
  uint64_t value;
  const char* message;
};

class DamagedLogTest : public testing::TestWithParam<Damage> {};

TEST_P(DamagedLogTest, IsRejectedWithPlaceAndReason) {
  Bytes bytes = TwoEntryLog();
  StoreLittleEndian<uint64_t>(bytes, GetParam().offset, GetParam().value);
  const Result<BlockLog> log = ReadBlockLog(bytes);
  ASSERT_FALSE(log) << GetParam().what;
  EXPECT_EQ(log.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedLogTest,
    testing::Values(
        Damage{"magic", 0, 1,
               "superblock at byte 0: not a dm-log-writes log (wrong magic)"},
        Damage{"version", 8, 2, "superblock at byte 8: version 2, not 1"},
        Damage{"count", 16, 3,
               "entry 2 at byte 2048: truncated: 0 bytes left for a header of "
               "512"},
        Damage{"sector size 16", 24, 16,
               "superblock at byte 24: sector size 16 is not a power of two "
               "from 32 to 8388608"},
        Damage{"sector size 513", 24, 513,
               "superblock at byte 24: sector size 513 is not a power of two "
               "from 32 to 8388608"},
        Damage{"sector size 2^24", 24, 1 << 24,
               "superblock at byte 24: sector size 16777216 is not a power of "
               "two from 32 to 8388608"},
        Damage{"large sector", 24, 1 << 20,
               "superblock at byte 0: the file ends after 2048 bytes of a "
               "sector of 1048576"},
        Damage{"superblock padding", 32, 1,
               "superblock at byte 32: non-zero byte after the fields"},
        Damage{"overflow", 520, UINT64_MAX,
               "entry 0 at byte 512: 18446744073709551615 sectors from 1 on "
               "overflow"},
        Damage{"sectors", 520, uint64_t{1} << 55,
               "entry 0 at byte 512: 36028797018963968 sectors of data, but "
               "the file ends 1024 bytes after the header"},
        Damage{"flag", 528, 64, "entry 0 at byte 512: unknown flag bits 0x40"},
        Damage{"data_len", 536, 513,
               "entry 0 at byte 512: data_len 513 is more than the 1 sectors "
               "that follow"},
        Damage{"mark with sectors", 1544, 1,
               "entry 1 at byte 1536: a mark of 1 sectors"},
        Damage{"mark with flush", 1552, 9,
               "entry 1 at byte 1536: a mark with other flags (0x9)"},
        Damage{"long mark", 1560, 480,
               "entry 1 at byte 1536: a mark text of 480 bytes does not fit "
               "its sector"},
        Damage{"short mark", 1560, 3,
               "entry 1 at byte 1536: non-zero byte after the mark's text"}));

TEST(DamagedLogTest, ZeroSuperblockWasNeverCompleted) {
  const Result<BlockLog> log = ReadBlockLog(Bytes(2048));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().message,
            "superblock at byte 0: all zero: the log was never completed");
}

TEST(DamagedLogTest, EntriesBehindTheCountAreLint) {
  Bytes bytes = TwoEntryLog();
  StoreLittleEndian<uint64_t>(bytes, 16, 1);
  const Result<BlockLog> log = ReadBlockLog(bytes);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->entries.size(), 1u);
  ASSERT_EQ(log->lint.size(), 1u);
  EXPECT_TRUE(log->lint[0].starts_with("entry 1 at byte 1536: 512 bytes"));
}

}  // namespace
}  // namespace powercut
