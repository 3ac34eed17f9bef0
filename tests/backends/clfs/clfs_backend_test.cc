// The backend clfs keeps the contract of clfs_log.h: what ops return, what
// crashes leave, recovery after recovery, and disks that fail. Small scenes are
// explored in every crash state and judged by LogModel; without a bug none is
// wrong, and every planted bug is found in one of them.

#include "backends/clfs/clfs_backend.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "backends/clfs/clfs_log.h"
#include "tests/backends/clfs/log_run.h"

namespace powercut {
namespace {

using clfs::CLFS_LSN;
using clfs::LogStatus;

// --- LSNs -------------------------------------------------------------------

TEST(ClfsLsnTest, PartsComeBack) {
  const CLFS_LSN lsn = clfs::LsnCreate(7, 512 * 1234, 511);
  EXPECT_EQ(LsnContainer(lsn), 7u);
  EXPECT_EQ(LsnBlockOffset(lsn), 512u * 1234);
  EXPECT_EQ(LsnRecordSequence(lsn), 511u);
  EXPECT_EQ(lsn.Internal, uint64_t{7} << 32 | 1234u << 9 | 511);
}

TEST(ClfsLsnTest, NullIsLeastAndInvalidGreatest) {
  const CLFS_LSN first = clfs::LsnCreate(1, 0, 0);
  EXPECT_TRUE(LsnLess(clfs::CLFS_LSN_NULL, first));
  EXPECT_TRUE(LsnGreater(clfs::CLFS_LSN_INVALID, first));
  EXPECT_TRUE(LsnNull(clfs::CLFS_LSN_NULL));
  EXPECT_FALSE(LsnInvalid(clfs::CLFS_LSN_NULL));
  EXPECT_TRUE(LsnLess(first, LsnIncrement(first)));
  EXPECT_TRUE(
      LsnEqual(LsnIncrement(clfs::CLFS_LSN_INVALID), clfs::CLFS_LSN_INVALID));
}

TEST(ClfsLsnTest, WrongPartsGiveInvalid) {
  EXPECT_TRUE(LsnInvalid(clfs::LsnCreate(1, 100, 0)));
  EXPECT_TRUE(LsnInvalid(clfs::LsnCreate(1, 0, 512)));
  EXPECT_TRUE(LsnInvalid(clfs::LsnCreate(1, uint64_t{1} << 32, 0)));
}

// --- a disk that fails on demand --------------------------------------------

class FailingDisk : public VirtualDisk {
 public:
  explicit FailingDisk(VirtualDisk& disk) : disk_(disk) {}

  const DiskGeometry& geometry() const override { return disk_.geometry(); }
  Status Read(uint64_t first_sector, MutableByteSpan out) override {
    return disk_.Read(first_sector, out);
  }
  Status Write(uint64_t first_sector, ByteSpan data, Layer layer) override {
    ++writes;
    return disk_.Write(first_sector, data, layer);
  }
  Status Persist(Layer to, const SectorSet* scope,
                 std::optional<EventNumber> upto) override {
    if (fail_persists > 0) {
      --fail_persists;
      return Error{ErrorCode::kIo, "injected"};
    }
    return disk_.Persist(to, scope, upto);
  }
  Status Discard(SectorRange range) override { return disk_.Discard(range); }
  void Mark(std::string_view text) override { disk_.Mark(text); }

  int fail_persists = 0;
  int writes = 0;

 private:
  VirtualDisk& disk_;
};

// A volume with one open log.
class ClfsLogTest : public ::testing::Test {
 protected:
  ClfsLogTest()
      : recording_(kLogGeometry, std::make_shared<const SparseImage>(
                                     clfs::LogVolume::Format(kLogGeometry))),
        disk_(recording_) {
    Reopen();
    EXPECT_EQ(AddLogContainer(*volume_, *log_), LogStatus::kSuccess);
  }

  void Reopen() {
    volume_ = std::make_unique<clfs::LogVolume>(disk_);
    ASSERT_EQ(volume_->Open(), LogStatus::kSuccess);
    ASSERT_EQ(CreateLogFile(*volume_, "L", &log_), LogStatus::kSuccess);
    ASSERT_EQ(CreateLogMarshallingArea(*log_, &area_), LogStatus::kSuccess);
  }

  CLFS_LSN Append(std::string_view data, uint32_t flags = 0) {
    CLFS_LSN lsn;
    EXPECT_EQ(ReserveAndAppendLog(area_, data, flags, &lsn),
              LogStatus::kSuccess);
    return lsn;
  }

  std::string All() {
    std::string text;
    clfs::LogRecord record;
    for (LogStatus read = ReadLogRecord(*log_, {}, &record);
         read == LogStatus::kSuccess;
         read = ReadNextLogRecord(*log_, &record)) {
      text += (text.empty() ? "" : " ") + record.data;
    }
    return text;
  }

  RecordingDisk recording_;
  FailingDisk disk_;
  std::unique_ptr<clfs::LogVolume> volume_;
  clfs::LogFile* log_ = nullptr;
  clfs::MarshallingArea area_;
};

TEST_F(ClfsLogTest, LsnsRiseOverResetAndReopening) {
  const CLFS_LSN a = Append("a");
  const CLFS_LSN b = Append(std::string(1500, 'b'));
  EXPECT_LT(a, b);
  ASSERT_EQ(CloseAndResetLogFile(*log_), LogStatus::kSuccess);
  EXPECT_EQ(All(), "");
  const CLFS_LSN c = Append("c");
  EXPECT_LT(b, c);
  Reopen();
  EXPECT_EQ(All(), "c");
  const CLFS_LSN d = Append("d");
  EXPECT_LT(c, d);
  EXPECT_EQ(All(), "c d");
}

TEST_F(ClfsLogTest, InformationFollowsTheLog) {
  EXPECT_TRUE(LsnNull(GetLogFileInformation(*log_).BaseLsn));
  EXPECT_TRUE(LsnInvalid(GetLogFileInformation(*log_).RestartLsn));
  const CLFS_LSN a = Append("a");
  const CLFS_LSN b = Append("b", clfs::CLFS_FLAG_FORCE_FLUSH);
  const CLFS_LSN c = Append("c");
  const clfs::LogFileInformation before = GetLogFileInformation(*log_);
  EXPECT_EQ(before.BaseLsn, a);
  EXPECT_EQ(before.LastFlushedLsn, b);
  EXPECT_EQ(before.LastLsn, c);
  CLFS_LSN restart;
  ASSERT_EQ(WriteLogRestartArea(area_, "r", b, &restart), LogStatus::kSuccess);
  const clfs::LogFileInformation after = GetLogFileInformation(*log_);
  EXPECT_EQ(after.BaseLsn, b);
  EXPECT_EQ(after.RestartLsn, restart);
  EXPECT_EQ(after.LastFlushedLsn, restart);
  std::string data;
  EXPECT_EQ(ReadLogRestartArea(*log_, &data, &restart), LogStatus::kSuccess);
  EXPECT_EQ(data, "r");
  EXPECT_EQ(All(), "b c r");
}

TEST_F(ClfsLogTest, ArchiveTailKeepsRecordsReadable) {
  Append("a");
  const CLFS_LSN b = Append("b");
  const CLFS_LSN c = Append("c");
  ASSERT_EQ(SetLogArchiveTail(*log_, b), LogStatus::kSuccess);
  ASSERT_EQ(AdvanceLogBase(*log_, c), LogStatus::kSuccess);
  EXPECT_EQ(All(), "b c");
  EXPECT_EQ(AdvanceLogBase(*log_, b), LogStatus::kInvalidParameter);
  EXPECT_EQ(AdvanceLogBase(*log_, LsnIncrement(c)),
            LogStatus::kInvalidParameter);
  Reopen();
  EXPECT_EQ(All(), "b c");
  EXPECT_EQ(GetLogFileInformation(*log_).BaseLsn, c);
}

TEST_F(ClfsLogTest, FullLogFailsBeforeAnyEffect) {
  const std::string big(10'000, 'x');
  CLFS_LSN lsn;
  LogStatus status = LogStatus::kSuccess;
  int appended = 0;
  for (; status == LogStatus::kSuccess; ++appended) {
    status = ReserveAndAppendLog(area_, big, 0, &lsn);
  }
  EXPECT_EQ(status, LogStatus::kLogFull);
  // Three blocks of 20 sectors fit into a container of 64; the fourth append
  // fails.
  EXPECT_EQ(appended, 4);
  const EventNumber events = recording_.trace().event_count();
  EXPECT_EQ(ReserveAndAppendLog(area_, big, 0, &lsn), LogStatus::kLogFull);
  EXPECT_EQ(recording_.trace().event_count(), events);
  Append("small");
  EXPECT_EQ(AddLogContainer(*volume_, *log_), LogStatus::kSuccess);
  EXPECT_EQ(LsnContainer(Append(big)), 2u);
}

TEST_F(ClfsLogTest, FailedFlushIsWrittenAgain) {
  Append("a");
  disk_.fail_persists = 1;
  EXPECT_EQ(FlushLogBuffers(area_), LogStatus::kIoDeviceError);
  const int writes = disk_.writes;
  EXPECT_EQ(FlushLogBuffers(area_), LogStatus::kSuccess);
  EXPECT_EQ(disk_.writes, writes + 1);
  const int after = disk_.writes;
  EXPECT_EQ(FlushLogBuffers(area_), LogStatus::kSuccess);
  EXPECT_EQ(disk_.writes, after);
  EXPECT_EQ(All(), "a");
}

TEST_F(ClfsLogTest, DeletingAnAreaFlushesIt) {
  const CLFS_LSN a = Append("a");
  ASSERT_EQ(DeleteLogMarshallingArea(area_), LogStatus::kSuccess);
  EXPECT_EQ(GetLogFileInformation(*log_).LastFlushedLsn, a);
  CLFS_LSN lsn;
  EXPECT_EQ(ReserveAndAppendLog(area_, "b", 0, &lsn),
            LogStatus::kInvalidHandle);
}

TEST_F(ClfsLogTest, NamesAndRoomAreBounded) {
  clfs::LogFile* other = nullptr;
  EXPECT_EQ(CreateLogFile(*volume_, "", &other), LogStatus::kInvalidParameter);
  EXPECT_EQ(CreateLogFile(*volume_, std::string(33, 'n'), &other),
            LogStatus::kInvalidParameter);
  LogStatus status = LogStatus::kSuccess;
  for (int i = 0; status == LogStatus::kSuccess; ++i) {
    status = CreateLogFile(*volume_, "log" + std::to_string(i), &other);
  }
  EXPECT_EQ(status, LogStatus::kDiskFull);
  const size_t count = volume_->Names().size();
  Reopen();
  EXPECT_EQ(volume_->Names().size(), count);
}

TEST_F(ClfsLogTest, FlushTellsWhatIsNotFlushed) {
  const CLFS_LSN a = Append("a");
  const CLFS_LSN b = Append("b");
  CLFS_LSN last;
  ASSERT_EQ(FlushLogToLsn(area_, a, &last), LogStatus::kSuccess);
  EXPECT_GT(last, a);
  EXPECT_LE(last, b);
  EXPECT_EQ(GetLogFileInformation(*log_).LastFlushedLsn, a);
  EXPECT_EQ(FlushLogToLsn(area_, LsnIncrement(b), nullptr),
            LogStatus::kSuccess);
  EXPECT_EQ(FlushLogToLsn(area_, clfs::LsnCreate(9, 0, 0), nullptr),
            LogStatus::kInvalidParameter);
}

// --- the backend ------------------------------------------------------------

TEST(ClfsBackendTest, RecordsTheSameTwice) {
  const Workload workload = LogWorkload(
      "  log_open L\n  log_append L 700\n",
      "  log_append L 100\n  log_restart L base=1\n  log_reset L\n  remount\n");
  const auto backend = MakeClfsBackend();
  EXPECT_EQ(RunLog(*backend, workload).trace.Digest(),
            RunLog(*backend, workload).trace.Digest());
}

TEST(ClfsBackendTest, ErrorsChangeNothing) {
  const Workload workload =
      LogWorkload("  log_open L\n  log_append L 16\n  log_append L 16\n",
                  "  log_append L 15 -> STATUS_INVALID_PARAMETER\n"
                  "  log_flush_to L 3 -> STATUS_INVALID_PARAMETER\n"
                  "  log_advance_base L 2\n"
                  "  log_advance_base L 1 -> STATUS_INVALID_PARAMETER\n"
                  "  log_archive_tail L 3 -> STATUS_INVALID_PARAMETER\n"
                  "  log_restart L base=1 -> STATUS_INVALID_PARAMETER\n"
                  "  log_flush L area=M -> STATUS_INVALID_HANDLE\n");
  const auto backend = MakeClfsBackend();
  const auto base = backend->Format({kLogGeometry, "spec-strict"});
  RecordingDisk disk(kLogGeometry, *base);
  const auto mount = backend->Open(disk).mount;
  const std::string content(16, 'c');
  for (const Op& op : workload.init) {
    EXPECT_EQ(mount->Apply(op, 0, content).error, "");
  }
  for (const Op& op : workload.run) {
    EXPECT_EQ(mount->Apply(op, 0, content).error, op.expected.name)
        << OpText(op);
  }
  EXPECT_EQ(mount->Observe().logs[0].records.size(), 1u);
}

TEST(ClfsBackendTest, SeveralLogsAreApart) {
  const auto backend = MakeClfsBackend();
  const DiskGeometry geometry = {.sector_bytes = 512, .sector_count = 4096};
  RecordingDisk disk(geometry, *backend->Format({geometry, "spec-strict"}));
  auto mount = backend->Open(disk).mount;
  const Workload workload = LogWorkload(
      "  log_open b\n  log_open a\n  log_append a 16\n  log_append b 16\n",
      "  log_reset a\n  remount\n  log_append b 16\n");
  const std::string content(16, 'c');
  for (const auto* section : {&workload.init, &workload.run}) {
    for (const Op& op : *section) {
      EXPECT_EQ(mount->Apply(op, 0, content).error, "");
    }
  }
  const Observation seen = mount->Observe();
  ASSERT_EQ(seen.logs.size(), 2u);
  EXPECT_EQ(seen.logs[0].name, "a");
  EXPECT_EQ(seen.logs[0].records.size(), 0u);
  EXPECT_EQ(seen.logs[1].records.size(), 2u);
}

TEST(ClfsBackendTest, RefusesDisksThatAreTooSmallOrCoarse) {
  const auto backend = MakeClfsBackend();
  EXPECT_FALSE(backend->Format({{512, 10}, "spec-strict"}));
  EXPECT_FALSE(backend->Format({{4096, 1000}, "spec-strict"}));
}

// --- crashes ----------------------------------------------------------------

// What every scene begins with: a log, a second area, and two records, one of
// more than one sector.
constexpr const char* kInit =
    "  log_open L\n  log_area L M\n  log_append L 600\n  log_append L 100\n";

struct Scene {
  const char* run;
  bool probe = false;
};

// The scenes. Each planted bug shows in at least one of them.
const std::vector<Scene> kScenes = {
    {"  log_append L 600\n  log_append L 30\n  log_flush L\n"},
    {"  log_append L 30\n  log_append L 30\n  log_flush_to L 4\n"},
    {"  log_append L 30\n  log_flush_to L 0\n"},
    {"  log_append L 30\n  log_append L 30 area=M\n  log_flush L area=M\n"},
    {"  log_append L 30\n  log_append L 30 force_append\n"},
    {"  log_append L 30\n  log_append L 30 force_flush\n"},
    {"  log_append L 30\n  log_restart L base=2\n  log_restart L base=3\n"},
    {"  log_advance_base L 2\n  log_archive_tail L 2\n  log_restart L\n"},
    {"  log_append L 30\n  log_advance_base L 3\n", true},
    {"  log_reset L\n  log_append L 30\n  log_flush L\n  log_reset L\n"},
    {"  log_append L 30\n  log_append L 30\n  log_append L 30\n", true},
    // What is under way at a reset carries records of the epoch that ends,
    // whose own reset may not have been carried yet.
    {"  log_reset L\n  log_append L 30\n  start 1 log_flush L\n"
     "  log_reset L\n  wait 1\n"},
    {"  log_reset L\n  log_append L 30\n  start 1 log_flush_to L 3\n"
     "  log_reset L\n  wait 1\n"},
    {"  log_reset L\n  start 1 log_append L 30 force_flush\n  log_reset L\n"
     "  wait 1\n"},
};

// Returns the kinds of violation that any crash state at any moment shows.
std::set<std::string> AllWrong(Backend& backend, const Scene& scene) {
  std::set<std::string> wrong;
  const Workload workload = LogWorkload(kInit, scene.run);
  const LogRun run = RunLog(backend, workload);
  LogCrashes crashes(backend, run, scene.probe);
  for (const LogMoment& moment : run.moments) {
    for (const CrashKind kind : kCrashKinds) {
      crashes.ForEach(moment, kind, [&](const Observation& seen) {
        const std::string what = WrongWith(moment, kind, seen);
        if (!what.empty()) wrong.insert(what.substr(0, what.find(':')));
      });
    }
  }
  return wrong;
}

TEST(ClfsBackendTest, EveryCrashOfTheScenesIsAdmissible) {
  const auto backend = MakeClfsBackend();
  for (Scene scene : kScenes) {
    scene.probe = true;
    EXPECT_EQ(AllWrong(*backend, scene), std::set<std::string>{}) << scene.run;
  }
}

// The kind of violation by which each bug is found.
const std::map<ClfsBug, std::string> kBugShowsAs = {
    {ClfsBug::kFlushDoesNothing, "lost"},
    {ClfsBug::kFlushStopsAtDevice, "lost"},
    {ClfsBug::kNullLsnIsNone, "lost"},
    {ClfsBug::kFlushToOneShort, "lost"},
    {ClfsBug::kFlushOwnAreaOnly, "lost"},
    {ClfsBug::kForceAppendIsNothing, "lost"},
    {ClfsBug::kForceFlushIsForceAppend, "lost"},
    {ClfsBug::kRestartAlone, "lost"},
    {ClfsBug::kRestartBaseApart, "base"},
    {ClfsBug::kRestartSkipsPointers, "base"},
    {ClfsBug::kFlushForgetsReset, "regress"},
    {ClfsBug::kSingleControlCopy, "unreadable"},
    {ClfsBug::kAcceptGap, "gap"},
    {ClfsBug::kAcceptTorn, "torn"},
    {ClfsBug::kBaseBeyondEnd, "base"},
    {ClfsBug::kReuseLsn, "probe"},
    {ClfsBug::kStaleResurface, "probe"},
    {ClfsBug::kResetKeepsRecords, "regress"},
    {ClfsBug::kReusePointerLsn, "probe"},
};

TEST(ClfsBackendTest, EveryPlantedBugIsFound) {
  for (const ClfsBug bug : kClfsBugs) {
    const auto backend = MakeClfsBackend(bug);
    std::set<std::string> wrong;
    for (const Scene& scene : kScenes) {
      wrong.merge(AllWrong(*backend, scene));
    }
    EXPECT_TRUE(wrong.contains(kBugShowsAs.at(bug)))
        << ClfsBugName(bug) << " shows as " << ::testing::PrintToString(wrong);
  }
}

// Recovery writes nothing, so that recovering twice gives the same.
TEST(ClfsBackendTest, RecoveryOnlyReads) {
  const auto backend = MakeClfsBackend();
  const Workload workload = LogWorkload(kInit, "  log_append L 30\n");
  const LogRun run = RunLog(*backend, workload);
  SparseImage image = ApplyAll(run.trace);
  CrashDisk disk(image, kLogGeometry, 512, 0);
  const Observation once = backend->Open(disk).mount->Observe();
  EXPECT_EQ(disk.write_count(), 0u);
  EXPECT_EQ(once, run.live);
  EXPECT_EQ(backend->Open(disk).mount->Observe(), once);
}

Op OpOf(const std::string& line) {
  const Workload workload =
      LogWorkload("  log_open L\n  log_append L 30\n", "  " + line + "\n");
  return workload.run.at(0);
}

// Returns what is found after these ops were done on a log that a crash left
// behind, and after the volume was opened once more. Fails the test if the two
// differ.
Observation UsedAgain(Backend& backend, SparseImage image,
                      const std::vector<Op>& ops) {
  CrashDisk disk(image, kLogGeometry, 512, 0);
  const auto mount = backend.Open(disk).mount;
  for (const Op& op : ops) {
    const std::string content(op.numbers.empty() ? 0 : op.numbers[0], 'z');
    EXPECT_EQ(mount->Apply(op, 0, content).error, "") << OpText(op);
  }
  Observation live = mount->Observe();
  EXPECT_EQ(backend.Open(disk).mount->Observe(), live);
  return live;
}

// A crash may lose a reset, a record or a pointer and keep what came after.
// None of this comes back by what is done later.
TEST(ClfsBackendTest, LogsAreUsedAfterEveryCrash) {
  const auto backend = MakeClfsBackend();
  const Op open = OpOf("log_open L");
  const Op append = OpOf("log_append L 20");
  const Op reset = OpOf("log_reset L");
  const Op restart = OpOf("log_restart L");
  for (const Scene& scene : kScenes) {
    SCOPED_TRACE(scene.run);
    const LogRun run = RunLog(*backend, LogWorkload(kInit, scene.run));
    LogCrashes crashes(*backend, run);
    for (const LogMoment& moment : run.moments) {
      crashes.ForEachImage(moment, CrashKind::kPower, [&](SparseImage image) {
        const size_t found =
            UsedAgain(*backend, image, {open}).logs[0].records.size();
        const Observation longer = UsedAgain(*backend, image, {open, append});
        EXPECT_EQ(longer.logs[0].records.size(), found + 1);
        UsedAgain(*backend, image, {open, restart, append});
        const Observation fresh =
            UsedAgain(*backend, std::move(image), {open, reset, append});
        EXPECT_EQ(fresh.logs[0].records.size(), 1u);
      });
      if (HasFailure()) return;
    }
  }
}

// A log that a remount cannot open is closed: ops on it are refused, and do not
// reach the volume as it was before.
TEST(ClfsBackendTest, ALogThatDoesNotOpenAgainIsClosed) {
  const auto backend = MakeClfsBackend();
  SparseImage image = clfs::LogVolume::Format(kLogGeometry);
  CrashDisk disk(image, kLogGeometry, 512, 0);
  const auto mount = backend->Open(disk).mount;
  ASSERT_TRUE(mount->Apply(OpOf("log_open L"), 0, "").ok());
  const std::string record(30, 'x');
  ASSERT_TRUE(mount->Apply(OpOf("log_append L 30"), 0, record).ok());
  // The control area of the first log is overwritten with garbage.
  const Bytes garbage(18 * 512, std::byte{0x5a});
  ASSERT_TRUE(disk.Write(6, garbage, Layer::kMedia));
  EXPECT_FALSE(mount->Apply(OpOf("remount"), 0, "").ok());
  EXPECT_EQ(mount->Apply(OpOf("log_append L 30"), 0, record).error,
            "STATUS_INVALID_HANDLE");
  EXPECT_EQ(mount->Apply(OpOf("log_flush L"), 0, "").error,
            "STATUS_INVALID_HANDLE");
}

// An append that was started and failed has a number that no op can name, as
// one that failed at once has.
TEST(ClfsBackendTest, AStartedAppendThatFailsCannotBeNamed) {
  const auto backend = MakeClfsBackend();
  SparseImage image = clfs::LogVolume::Format(kLogGeometry);
  CrashDisk crash_disk(image, kLogGeometry, 512, 0);
  FailingDisk disk(crash_disk);
  const auto mount = backend->Open(disk).mount;
  ASSERT_TRUE(mount->Apply(OpOf("log_open L"), 0, "").ok());
  const std::string record(30, 'x');
  ASSERT_TRUE(
      mount->Start(OpOf("start 1 log_append L 30 force_flush"), 0, record)
          .ok());
  disk.fail_persists = 1000;
  EXPECT_FALSE(mount->Wait(1).ok());
  disk.fail_persists = 0;
  EXPECT_EQ(mount->Apply(OpOf("log_flush_to L 1"), 0, "").error,
            "STATUS_INVALID_PARAMETER");
}

// The LSN of an append after a recovery is above every LSN that the disk still
// carries, also where a block in between is missing.
TEST(ClfsBackendTest, GoesOnBehindStaleBlocks) {
  const auto backend = MakeClfsBackend();
  const Workload workload = LogWorkload(
      kInit, "  log_append L 30\n  log_append L 30\n  log_append L 30\n");
  const LogRun run = RunLog(*backend, workload);
  ASSERT_EQ(run.live.logs[0].records.size(), 5u);
  const uint64_t last = run.live.logs[0].records.back().lsn;
  SparseImage image = ApplyAll(run.trace);
  // The first write after `init` is record 3, which is lost.
  const EventNumber first = run.moments[0].first_point + 1;
  const Bytes zeros(512);
  image.Write(run.trace.event(first).range.first * 512, zeros);
  CrashDisk disk(image, kLogGeometry, 512, 0);
  const Observation seen =
      Recover(*backend, disk, {.probe = true, .paths = {}}).observation;
  EXPECT_EQ(seen.probe_failures, std::vector<std::string>{});
  EXPECT_EQ(seen.logs[0].records.size(), 2u);
  Op append;
  append.kind = OpKind::kLogAppend;
  append.names = {"L"};
  append.numbers = {16};
  Op open;
  open.kind = OpKind::kLogOpen;
  open.names = {"L"};
  const auto mount = backend->Open(disk).mount;
  ASSERT_TRUE(mount->Apply(open, 0, "").ok());
  ASSERT_TRUE(mount->Apply(append, 0, std::string(16, 'z')).ok());
  EXPECT_GT(mount->Observe().logs[0].records.back().lsn, last);
}

}  // namespace
}  // namespace powercut
