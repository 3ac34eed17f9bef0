// Tests how much a log of a world takes: four containers where the disk has
// room for them, fewer where it has less, and at least one, or it does not
// open.

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "backends/clfs/clfs_log.h"
#include "library/files/world_logs.h"
#include "library/states/log_backend.h"

namespace powercut {
namespace {

constexpr uint64_t kContainerBytes = 32 << 10;
// A record of this size takes two sectors with its header.
constexpr size_t kRecordBytes = 900;
constexpr uint64_t kPlaceBytes = 1024;

class LogRoomTest : public ::testing::Test {
 protected:
  std::unique_ptr<WorldLogs> LogsOf(uint64_t disk_bytes) {
    auto logs = std::make_unique<WorldLogs>(LogDisk({}, disk_bytes), calls_,
                                            ClfsBug::kNone);
    EXPECT_EQ(logs->status(), 0) << disk_bytes;
    return logs;
  }

  // The bytes of the disk that records take until the log is full.
  static uint64_t Fill(WorldLogs& logs, int64_t log) {
    const int64_t area = logs.MakeArea(static_cast<WorldLogs::Log>(log));
    EXPECT_GT(area, 0);
    const std::string record(kRecordBytes, 'r');
    uint64_t bytes = 0;
    while (true) {
      WorldLogs::Lsn lsn = 0;
      const int64_t appended = logs.Append(static_cast<WorldLogs::Area>(area),
                                           AsBytes(record), {}, lsn);
      if (appended != 0) {
        EXPECT_EQ(appended, -ENOSPC);
        return bytes;
      }
      bytes += kPlaceBytes;
    }
  }

  CallLog calls_;
};

TEST_F(LogRoomTest, ALogHasFourContainersWhereTheyFit) {
  const auto logs = LogsOf(1 << 20);
  for (const std::string name : {"A", "B"}) {
    const int64_t log = logs->Open(name);
    ASSERT_GT(log, 0);
    EXPECT_EQ(Fill(*logs, log), 4 * kContainerBytes);
  }
}

// Whatever the size of the disk, a log that opens takes records, and all room
// in containers is given to the logs.
TEST_F(LogRoomTest, ALogThatOpensTakesRecords) {
  uint64_t before = 0;
  for (uint64_t disk = clfs::kVolumeBytesMin; disk <= 512 << 10;
       disk += 16 << 10) {
    SCOPED_TRACE(disk);
    const auto logs = LogsOf(disk);
    uint64_t room = 0;
    for (const std::string name : {"A", "B", "C", "D"}) {
      const int64_t log = logs->Open(name);
      if (log < 0) {
        EXPECT_EQ(log, -ENOSPC);
        break;
      }
      const uint64_t bytes = Fill(*logs, log);
      EXPECT_GE(bytes, kContainerBytes);
      EXPECT_LE(bytes, 4 * kContainerBytes);
      EXPECT_EQ(bytes % kContainerBytes, 0u);
      room += bytes;
    }
    EXPECT_GE(room, before);
    // What is not in a container is the directory and what each log has beside
    // its containers.
    EXPECT_LT(room, disk);
    EXPECT_GE(room + 2 * kContainerBytes, disk);
    before = room;
  }
}

}  // namespace
}  // namespace powercut
