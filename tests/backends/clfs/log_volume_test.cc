// Tests volumes of several logs: which logs are there after a remount, where
// their records lie, and what a flush of all logs says if some of them fail.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/clfs/clfs_log.h"
#include "backends/clfs/log_file.h"
#include "harness/trace/recording_disk.h"

namespace powercut::clfs {
namespace {

constexpr DiskGeometry kGeometry = {.sector_bytes = 512, .sector_count = 4096};

// A disk that fails those of its flushes that have these numbers, from 1.
class FlushFailingDisk : public VirtualDisk {
 public:
  explicit FlushFailingDisk(VirtualDisk& disk) : disk_(disk) {}

  const DiskGeometry& geometry() const override { return disk_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    return disk_.Read(first_sector, out);
  }
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    return disk_.Write(first_sector, data, layer);
  }
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    if (fails.contains(++flushes)) return Error{ErrorCode::kIo, "EIO"};
    return disk_.Persist(to, scope, upto);
  }
  Status Discard(SectorRange range) override { return disk_.Discard(range); }
  void Mark(std::string_view text) override { disk_.Mark(text); }

  uint64_t flushes = 0;
  std::set<uint64_t> fails;

 private:
  VirtualDisk& disk_;
};

// Appends a record with this content, which stays where a crash can take it.
LogStatus Append(LogFile& log, const std::string& content) {
  MarshallingArea area;
  CreateLogMarshallingArea(log, &area);
  CLFS_LSN lsn;
  return ReserveAndAppendLog(area, content, 0, &lsn);
}
std::vector<std::string> RecordsOf(LogFile& log) {
  std::vector<std::string> records;
  LogRecord record;
  for (LogStatus read = ReadLogRecord(log, CLFS_LSN_NULL, &record);
       read == LogStatus::kSuccess; read = ReadNextLogRecord(log, &record)) {
    records.push_back(record.data);
  }
  return records;
}

class LogVolumeTest : public testing::Test {
 protected:
  // Opens the volume on the disk as it is now.
  void Remount() {
    volume_ = std::make_unique<LogVolume>(disk_);
    ASSERT_EQ(volume_->Open(), LogStatus::kSuccess);
  }
  // Makes a log with so many containers.
  LogFile* Make(const std::string& name, int containers) {
    LogFile* log = nullptr;
    EXPECT_EQ(CreateLogFile(*volume_, name, &log), LogStatus::kSuccess) << name;
    for (int i = 0; i < containers; ++i) {
      EXPECT_EQ(AddLogContainer(*volume_, *log), LogStatus::kSuccess) << name;
    }
    return log;
  }
  RecordingDisk recording_{kGeometry, std::make_shared<const SparseImage>(
                                          LogVolume::Format(kGeometry))};
  FlushFailingDisk disk_{recording_};
  std::unique_ptr<LogVolume> volume_;
};

std::string Record(const std::string& log, size_t n) {
  return std::string(600, log[0]) + std::to_string(n);
}

// Containers are added to the logs in turn, so that those of one log do not lie
// side by side. Each log has room for some 60 records of two sectors.
TEST_F(LogVolumeTest, EachLogHasItsOwnRecordsAfterARemount) {
  Remount();
  std::map<std::string, LogFile*> logs;
  for (const std::string name : {"b", "a", "d", "c"})
    logs[name] = Make(name, 0);
  for (int i = 0; i < 2; ++i) {
    for (const auto& [name, log] : logs) {
      ASSERT_EQ(AddLogContainer(*volume_, *log), LogStatus::kSuccess);
    }
  }
  std::map<std::string, std::vector<std::string>> records;
  for (size_t n = 0; n < 60; ++n) {
    for (const auto& [name, log] : logs) {
      if (n > 20 && name == "d") continue;
      ASSERT_EQ(Append(*log, Record(name, n)), LogStatus::kSuccess);
      records[name].push_back(Record(name, n));
    }
  }
  EXPECT_EQ(volume_->Names(), (std::vector<std::string>{"a", "b", "c", "d"}));
  for (int mounts = 0; mounts < 2; ++mounts) {
    Remount();
    EXPECT_EQ(volume_->Names(), (std::vector<std::string>{"a", "b", "c", "d"}));
    for (const auto& [name, expected] : records) {
      EXPECT_EQ(volume_->LogFileStatus(name), LogStatus::kSuccess);
      LogFile* const log = volume_->Find(name);
      ASSERT_NE(log, nullptr);
      EXPECT_EQ(LogContainerCount(*log), 2u);
      EXPECT_EQ(RecordsOf(*log), expected) << name;
    }
  }
}

TEST_F(LogVolumeTest, ANameMustBeShortAndPlain) {
  Remount();
  LogFile* log = nullptr;
  for (const std::string& name :
       {std::string(), std::string(33, 'x'), std::string("a\0b", 3)}) {
    EXPECT_EQ(CreateLogFile(*volume_, name, &log),
              LogStatus::kInvalidParameter);
  }
  const std::string longest(32, 'x');
  Make(longest, 0);
  Remount();
  EXPECT_EQ(volume_->Names(), std::vector<std::string>{longest});
  EXPECT_EQ(volume_->Find(longest.substr(1)), nullptr);
}

// A log that is there is given again, also where there is no room for more.
TEST_F(LogVolumeTest, AVolumeHasEightLogs) {
  Remount();
  std::vector<LogFile*> logs;
  for (char name = 'a'; name < 'i'; ++name) {
    logs.push_back(Make(std::string(1, name), 0));
  }
  LogFile* log = nullptr;
  EXPECT_EQ(CreateLogFile(*volume_, "i", &log), LogStatus::kDiskFull);
  EXPECT_EQ(CreateLogFile(*volume_, "h", &log), LogStatus::kSuccess);
  EXPECT_EQ(log, logs.back());
  Remount();
  EXPECT_EQ(volume_->Names().size(), 8u);
}

// Whichever flushes of a log fail, the whole has failed, the other logs are on
// the media, and the next flush of all brings the rest there.
TEST_F(LogVolumeTest, AFailedFlushOfAnyLogIsToldAndMadeUpFor) {
  Remount();
  std::vector<LogFile*> logs;
  for (const std::string name : {"a", "b", "c"}) logs.push_back(Make(name, 1));
  const auto on_media = [](const LogFile& log) {
    const LogFileInformation facts = GetLogFileInformation(log);
    return facts.LastFlushedLsn == facts.LastLsn;
  };
  for (unsigned failing = 0; failing < 8; ++failing) {
    SCOPED_TRACE(failing);
    for (LogFile* log : logs) {
      ASSERT_EQ(Append(*log, std::to_string(failing)), LogStatus::kSuccess);
      EXPECT_FALSE(on_media(*log));
    }
    disk_.flushes = 0;
    disk_.fails.clear();
    for (unsigned i = 0; i < 3; ++i) {
      if ((failing >> i & 1) != 0) disk_.fails.insert(i + 1);
    }
    EXPECT_EQ(volume_->FlushAll(),
              failing == 0 ? LogStatus::kSuccess : LogStatus::kIoDeviceError);
    EXPECT_EQ(disk_.flushes, 3u);
    for (unsigned i = 0; i < 3; ++i) {
      EXPECT_EQ(on_media(*logs[i]), (failing >> i & 1) == 0) << i;
    }
    disk_.fails.clear();
    EXPECT_EQ(volume_->FlushAll(), LogStatus::kSuccess);
    for (const LogFile* log : logs) EXPECT_TRUE(on_media(*log));
  }
}

// Records of each size fill a container to its last sector, and no record lies
// in two. What is larger than a container goes nowhere.
TEST(LogContainersTest, AreFilledToTheEnd) {
  constexpr size_t kHeaderBytes = 64;
  constexpr size_t kDataBytes = 510;  // Of a sector, without its signature.
  for (const size_t containers : {1, 2}) {
    for (const size_t sectors : {1, 2, 3, 16, 22, 63, 64, 65}) {
      SCOPED_TRACE(std::to_string(containers) + "x" + std::to_string(sectors));
      RecordingDisk disk(kGeometry, std::make_shared<const SparseImage>(
                                        LogVolume::Format(kGeometry)));
      LogVolume volume(disk);
      ASSERT_EQ(volume.Open(), LogStatus::kSuccess);
      LogFile* log = nullptr;
      ASSERT_EQ(CreateLogFile(volume, "L", &log), LogStatus::kSuccess);
      for (size_t i = 0; i < containers; ++i) {
        ASSERT_EQ(AddLogContainer(volume, *log), LogStatus::kSuccess);
      }
      const std::string record(sectors * kDataBytes - kHeaderBytes, 'r');
      size_t appended = 0;
      LogStatus status = LogStatus::kSuccess;
      for (; appended < 200; ++appended) {
        status = Append(*log, record);
        if (status != LogStatus::kSuccess) break;
      }
      EXPECT_EQ(status, LogStatus::kLogFull);
      EXPECT_EQ(appended, containers * (kContainerSectors / sectors));
      EXPECT_EQ(RecordsOf(*log), std::vector<std::string>(appended, record));
    }
  }
}

}  // namespace
}  // namespace powercut::clfs
