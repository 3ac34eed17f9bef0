// The file systems of the running kernel: workloads and programs on btrfs, ext4
// and xfs, recorded and explored. The tests need root, FUSE and loop devices.
// Where one of these or a file system is missing, the tests are skipped and say
// so.

#include "backends/kernel/kernel_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "harness/record/command_recording.h"
#include "harness/recover/crash_disk.h"
#include "harness/trace/acks.h"
#include "harness/trace/recording_disk.h"
#include "tests/exploring.h"
#include "tests/harness/system/killer.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using kernel::KernelFileSystem;
using kernel::KernelFileSystemLacks;
using kernel::KernelFileSystems;
using kernel::MakeKernelBackend;

// A workload that creates, overwrites, appends, renames, maps and flushes.
constexpr const char* kWorkload = R"(powercut 1
init
  create /a
  write  /a 0 8192
run
  write  /a 4096 4096
  fsync  /a
  create /b
  append /b 5000
  fdatasync /b
  mkdir  /d
  rename /b /d/b
  syncfs
  open   H /a dsync
  write  H 0 4096
  map    V /a 0 8192
  store  V 100 50
  msync  V 100 50
  unlink /d/b
  fsync  /d
)";

class KernelTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string lacks = KernelFileSystemLacks(FileSystem());
    if (!lacks.empty()) GTEST_SKIP() << lacks;
    backend_ = MakeKernelBackend(FileSystem());
  }
  const KernelFileSystem& FileSystem() const {
    return *std::ranges::find(KernelFileSystems(), GetParam(),
                              &KernelFileSystem::name);
  }
  DiskGeometry Geometry() const {
    return {512, FileSystem().default_disk_bytes / 512};
  }
  Recorded MustRecord(Backend& backend, const std::string& text) {
    auto recorded = RecordWorkload(backend, MustParse(text));
    EXPECT_TRUE(recorded) << recorded.error().message;
    return std::move(*recorded);
  }
  Exploration MustExplore(Backend& backend, const Recorded& on,
                          const ExploreOptions& options) {
    auto explored =
        Explore({backend, on.workload, on.setting, on.recording}, options);
    EXPECT_TRUE(explored) << explored.error().message;
    return std::move(*explored);
  }

  std::unique_ptr<Backend> backend_;
};

INSTANTIATE_TEST_SUITE_P(Linux, KernelTest,
                         testing::Values("btrfs", "ext4", "xfs"),
                         [](const auto& at) { return at.param; });

// Recording compares the live tree with what the ops made, so that wrong ops
// fail here, too.
TEST_P(KernelTest, HoldsWithItsDefaults) {
  const Recorded recorded = MustRecord(*backend_, kWorkload);
  const Exploration e = MustExplore(*backend_, recorded, Options("epoch:1", 1));
  EXPECT_TRUE(e.exhausted) << e.bound;
  EXPECT_GT(e.states, 25u);
  EXPECT_EQ(KindsOf(e.findings), std::set<std::string>{}) << DumpOf(e);
}

// A flush of a view covers each page that its range touches, and a length of 0
// all pages up to the end of the view. A file that is written in one piece is
// cached in one piece, and then flushed in one piece, so that each page is
// written by itself here.
TEST_P(KernelTest, FlushesOfViewsCoverWholePages) {
  for (const char* verb : {"msync", "flush_view"}) {
    std::string text = "powercut 1\ninit\n  create /a\n";
    for (int page = 0; page < 4; ++page) {
      text += fmt::format("  write /a {} 4096\n", page * 4096);
    }
    text += "run\n  map V /a 0 16384\n";
    for (const char* range : {"4000 200", "8191 2", "8200 1", "100 8093"}) {
      text += fmt::format("  store V {}\n  {} V {}\n", range, verb, range);
    }
    text += "  store V 9000 7384\n  flush_view V 9000 0\n";
    const Recorded recorded = MustRecord(*backend_, text);
    const Exploration e =
        MustExplore(*backend_, recorded, Options("prefix", 1));
    EXPECT_EQ(KindsOf(e.findings), std::set<std::string>{}) << verb << "\n"
                                                            << DumpOf(e);
  }
}

// The cache gives the answers that another mount would give: no trace of one
// state stays in the kernel for the next.
TEST_P(KernelTest, CachedAnswersAreThoseOfMounts) {
  const Recorded recorded = MustRecord(*backend_, kWorkload);
  ExploreOptions options = Options("prefix", 1);
  const Exploration one = MustExplore(*backend_, recorded, options);
  options.jobs = 2;
  options.doublecheck = 1;
  Exploration two = MustExplore(*backend_, recorded, options);
  EXPECT_GT(two.doublechecked, 0u);
  two.doublechecked = 0;
  EXPECT_EQ(DumpOf(one), DumpOf(two));
}

// A disk that is full is no disk that is broken: the program is told which.
TEST_P(KernelTest, AFullDiskIsToldApartFromABrokenOne) {
  for (const auto& [fault, error] :
       {std::pair{"full", "ENOSPC"}, {"error", "EIO"}}) {
    // Recording fails if an op returns another error than this.
    const Recorded recorded = MustRecord(
        *backend_, fmt::format("powercut 1\nfault {} on write times=always\n"
                               "init\n  create /f\n  write /f 0 8192\n"
                               "run\n  write /f 0 4096\n  fsync /f -> {}\n",
                               fault, error));
    EXPECT_GT(recorded.recording.trace.event_count(), 0u);
  }
}

// A device that stays open between mounts would show stale pages.
TEST_P(KernelTest, EachMountSeesItsOwnDisk) {
  const Recorded recorded =
      MustRecord(*backend_, "powercut 1\ninit\nrun\n  create /a\n  syncfs\n");
  const SparseImage without = recorded.recording.trace.base();
  const SparseImage with = ApplyAll(recorded.recording.trace);
  for (int i = 0; i < 6; ++i) {
    SparseImage image = i % 2 == 0 ? without : with;
    CrashDisk disk(image, Geometry(), 4096, 0);
    const MountResult mounted = backend_->Open(disk);
    ASSERT_NE(mounted.mount, nullptr) << mounted.failure;
    const Observation seen = mounted.mount->Observe();
    EXPECT_EQ(seen.Find("/a") != nullptr, i % 2 == 1) << i;
  }
  backend_->ReleaseHelpers();
}

// If the kernel read something on its own, what a run reads would depend on how
// long its check takes. ext4 would begin within 5 s.
TEST_P(KernelTest, NothingIsReadByItself) {
  const auto base =
      backend_->Format({Geometry(), backend_->traits().profile}).value();
  SparseImage image = *base;
  CrashDisk disk(image, Geometry(), 4096, 0);
  for (const bool lends : {true, false}) {
    disk.set_lends(lends);
    MountResult mounted = backend_->Open(disk);
    ASSERT_NE(mounted.mount, nullptr) << mounted.failure;
    const size_t reads_of_mount = disk.Reads({}).blocks.size();
    EXPECT_GT(reads_of_mount, 0u);
    Mount::Command command;
    command.words = {"sleep", "6"};
    command.quiet = true;
    ASSERT_TRUE(mounted.mount->RunCommand(command));
    EXPECT_EQ(disk.Reads({}).blocks.size(), reads_of_mount);
    mounted.mount.reset();
    EXPECT_FALSE(disk.lost());
    disk.Reset();
  }
  backend_->ReleaseHelpers();
}

TEST_P(KernelTest, ADiskOfGarbageDoesNotMount) {
  SparseImage image(Geometry().size_bytes());
  CrashDisk disk(image, Geometry(), 4096, 0);
  const MountResult mounted = backend_->Open(disk);
  EXPECT_EQ(mounted.mount, nullptr);
  EXPECT_THAT(mounted.failure, testing::StartsWith("mount: E"));
  backend_->ReleaseHelpers();
}

// If a mount turns barriers off, flushed data is lost: a real defect, which
// must be found.
TEST_P(KernelTest, WithoutBarriersIsCaught) {
  const std::string options = GetParam() == "ext4"    ? "barrier=0"
                              : GetParam() == "btrfs" ? "nobarrier"
                                                      : "";
  if (options.empty()) GTEST_SKIP() << "this kernel's xfs always has barriers";
  const auto careless = MakeKernelBackend(FileSystem(), {"", options});
  const Recorded recorded = MustRecord(*careless, kWorkload);
  const Exploration e = MustExplore(*careless, recorded, Options("epoch:1", 2));
  EXPECT_FALSE(e.findings.empty());
}

// ext4 and xfs write zeros after the new end in place before they commit the
// new size. If the profiles did not admit the zeros (switch
// truncation_writes_zeros), this would be `ghost /a` on both.
TEST_P(KernelTest, ZerosOfATruncationAreAdmitted) {
  const Recorded recorded =
      MustRecord(*backend_,
                 "powercut 1\ninit\n  create /a\n  write /a 0 8192\nrun\n"
                 "  truncate /a 100\n  fsync /a\n");
  const Exploration e = MustExplore(*backend_, recorded, Options("epoch:1", 1));
  EXPECT_EQ(KindsOf(e.findings), std::set<std::string>{}) << DumpOf(e);
}

// xfs commits the new size before the zeroed page, and so before the data that
// was written to this page.
TEST_P(KernelTest, ATruncationBringsNoDataThatWasNotFlushed) {
  const Recorded recorded = MustRecord(
      *backend_,
      "powercut 1\ninit\n  create /a\n  create /b\n  write /a 0 8192\nrun\n"
      "  write /a 0 8192\n  truncate /a 100\n  append /b 1\n  fsync /b\n"
      "  truncate /a 6000\n  fsync /a\n");
  const Exploration e = MustExplore(*backend_, recorded, Options("epoch:1", 1));
  EXPECT_EQ(KindsOf(e.findings), std::set<std::string>{}) << DumpOf(e);
}

TEST_P(KernelTest, LeavesNothingBehind) {
  MustRecord(*backend_, kWorkload);
  EXPECT_TRUE(ChildrenOf(getpid()).empty());
}

// --- programs --------------------------------------------------------------

class KernelProgramTest : public KernelTest {
 protected:
  CommandRecording MustRun(const std::string& script) {
    CommandToRecord program;
    program.words = {"/bin/sh", "-c", script};
    auto made = RecordCommand(*backend_, Geometry(), program);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }
  static EventNumber EventsBeforeAck(const Recording& recording, size_t n) {
    for (const HistoryEvent& event : recording.history) {
      if (event.kind == HistoryEvent::kUser && n-- == 0) return event.after;
    }
    return 0;
  }
};

INSTANTIATE_TEST_SUITE_P(Linux, KernelProgramTest, testing::Values("ext4"),
                         [](const auto& at) { return at.param; });

TEST_P(KernelProgramTest, AcksStandInOrderAmongTheWrites) {
  const CommandRecording made = MustRun(
      "echo early > $POWERCUT_ACKS; echo 1 > f; sync f; "
      "printf 'one\\ntw' >> $POWERCUT_ACKS; printf 'o\\n' >> $POWERCUT_ACKS; "
      "echo 2 > g; sync g; echo late > $POWERCUT_ACKS");
  EXPECT_EQ(made.end.detail, "");
  const Recording& recording = made.recording;
  std::vector<std::string> lines;
  for (const Mark& mark : recording.trace.marks()) {
    if (const auto ack = AckOf(mark)) lines.emplace_back(*ack);
  }
  EXPECT_THAT(lines, testing::ElementsAre("early", "one", "two", "late"));
  EXPECT_LT(EventsBeforeAck(recording, 0), EventsBeforeAck(recording, 1));
  EXPECT_EQ(EventsBeforeAck(recording, 1), EventsBeforeAck(recording, 2));
  EXPECT_LT(EventsBeforeAck(recording, 2), EventsBeforeAck(recording, 3));
}

TEST_P(KernelProgramTest, RudeProgramsAreSurvived) {
  EXPECT_EQ(MustRun("exit 3").end.detail, "exit status 3");
  EXPECT_EQ(MustRun("kill -9 $$").end.detail, "killed by SIGKILL");
  // This program goes on in the background, in another folder, with a file open
  // in the volume.
  EXPECT_EQ(MustRun("(exec >f; cd /; while :; do echo x; sleep 0.01; done) & "
                    "sleep 0.05")
                .end.detail,
            "");
  EXPECT_EQ(MustRun("rm -rf ./* ./.[a-z]*; cd /").end.detail, "");
  const CommandEnd full = MustRun("head -c 100M /dev/zero > full").end;
  EXPECT_EQ(full.detail, "exit status 1");
  EXPECT_TRUE(full.volume_full);
  EXPECT_FALSE(MustRun("exit 3").end.volume_full);
  EXPECT_TRUE(ChildrenOf(getpid()).empty());
}

// The time of a program that stops itself is over, too.
TEST_P(KernelProgramTest, ProgramsEndWhenTheirTimeIsOver) {
  for (const WritebackSchedule writeback :
       {WritebackSchedule::kKernel, WritebackSchedule::kEager}) {
    CommandToRecord program;
    program.words = {"/bin/sh", "-c", "echo 1 > f; sync f; kill -STOP $$"};
    program.timeout_ms = 300;
    program.writeback = writeback;
    const auto made = RecordCommand(*backend_, Geometry(), program);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->end.kind, CommandEnd::kTimedOut);
    EXPECT_GT(made->program_end, 0u);
    EXPECT_LT(made->program_end, made->recording.trace.event_count());
  }
  EXPECT_TRUE(ChildrenOf(getpid()).empty());
}

// Writes of sectors that a flush had not covered when the program ended.
uint64_t WritesBeforeTheEnd(const CommandRecording& made) {
  uint64_t writes = 0;
  for (EventNumber n = 1; n <= made.program_end; ++n) {
    writes += made.recording.trace.event(n).kind == DiskEvent::kWrite ? 1 : 0;
  }
  return writes;
}

uint64_t FlushesBeforeTheEnd(const CommandRecording& made) {
  return made.program_end - WritesBeforeTheEnd(made);
}

// A program that never syncs leaves all to the kernel. With kEager its data
// reaches the disk while it runs, and no flush does: a flush would promise what
// the program did not ask for.
TEST_P(KernelProgramTest, EagerWritebackWritesAndDoesNotFlush) {
  const auto run = [&](WritebackSchedule writeback, uint64_t seed) {
    CommandToRecord program;
    program.words = {"/bin/sh", "-c",
                     "for i in 1 2 3 4 5 6 7 8; do echo $i > f$i; "
                     "mv f$i g$i; done"};
    program.writeback = writeback;
    program.writeback_seed = seed;
    auto made = RecordCommand(*backend_, Geometry(), program);
    EXPECT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->end.detail, "");
    return std::move(*made);
  };
  const CommandRecording plain = run(WritebackSchedule::kKernel, 0);
  const CommandRecording eager = run(WritebackSchedule::kEager, 0);
  const CommandRecording late = run(WritebackSchedule::kLate, 0);
  EXPECT_GE(WritesBeforeTheEnd(eager), WritesBeforeTheEnd(plain) + 8);
  EXPECT_EQ(FlushesBeforeTheEnd(eager), FlushesBeforeTheEnd(plain));
  EXPECT_EQ(WritesBeforeTheEnd(late), WritesBeforeTheEnd(plain));
  // Each seed draws its own moments; some of them commit the journal.
  std::set<uint64_t> ends;
  uint64_t flushes = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const CommandRecording random = run(WritebackSchedule::kRandom, seed);
    ends.insert(random.program_end);
    flushes = std::max(flushes, FlushesBeforeTheEnd(random));
  }
  EXPECT_GT(ends.size(), 2u);
  EXPECT_GT(flushes, FlushesBeforeTheEnd(plain));
}

// Stores to a mapped file make no system call, so that the file may be dirty
// after every call from its mapping on. The file is written in place: its space
// and size are on the disk before it is mapped.
TEST_P(KernelProgramTest, EagerWritebackFollowsMappedFiles) {
  const auto run = [&](WritebackSchedule writeback) {
    CommandToRecord program;
    program.words = {"/usr/bin/python3", "-c",
                     "import mmap, os\n"
                     "f = os.open('f', os.O_RDWR | os.O_CREAT)\n"
                     "os.write(f, b'0' * 4096)\n"
                     "os.fsync(f)\n"
                     "m = mmap.mmap(f, 4096)\n"
                     "for i in b'12345678':\n"
                     "    m[0] = i\n"
                     "    os.chmod('f', 0o600)\n"};
    program.writeback = writeback;
    auto made = RecordCommand(*backend_, Geometry(), program);
    EXPECT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->end.detail, "");
    return std::move(*made);
  };
  const CommandRecording plain = run(WritebackSchedule::kKernel);
  const CommandRecording eager = run(WritebackSchedule::kEager);
  // Eight stores are written out. On a busy machine the kernel may write by
  // itself in either run, too.
  EXPECT_GE(WritesBeforeTheEnd(eager), WritesBeforeTheEnd(plain) + 4);
}

// What a random choice leaves dirty is there for the next one.
TEST_P(KernelProgramTest, RandomWritebackForgetsNoFile) {
  CommandToRecord program;
  program.words = {"/usr/bin/python3", "-c",
                   "import os\n"
                   "for i in range(65, 81):\n"
                   "    f = os.open(chr(i), os.O_RDWR | os.O_CREAT)\n"
                   "    os.write(f, bytes([i]) * 16384)\n"
                   "for i in range(60): os.chmod('A', 0o600 + i % 2)\n"};
  program.writeback = WritebackSchedule::kRandom;
  const auto made = RecordCommand(*backend_, Geometry(), program);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->end.detail, "");
  const Trace& trace = made->recording.trace;
  std::string issued;
  for (EventNumber n = 1; n <= made->program_end; ++n) {
    if (trace.event(n).kind == DiskEvent::kWrite) {
      issued += AsText(trace.data(trace.event(n)));
    }
  }
  for (char name = 'A'; name < 'A' + 16; ++name) {
    EXPECT_NE(issued.find(std::string(4096, name)), issued.npos) << name;
  }
}

std::string SettingText(const std::string& name) {
  std::ifstream in("/proc/sys/vm/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_P(KernelProgramTest, LateWritebackRestoresTheMachine) {
  const std::string before = SettingText("dirty_writeback_centisecs");
  CommandToRecord program;
  program.words = {"/bin/sh", "-c",
                   "cat /proc/sys/vm/dirty_writeback_centisecs > f; "
                   // The look at the names after an ack is a child process,
                   // which must not keep the guard of the settings waiting.
                   "echo 1 > $POWERCUT_ACKS; read v < f; [ $v = 0 ]"};
  program.writeback = WritebackSchedule::kLate;
  const auto made = RecordCommand(*backend_, Geometry(), program);
  // Another test may hold the lock of the machine at this moment.
  if (!made) {
    EXPECT_THAT(made.error().message, testing::HasSubstr("--writeback late"));
    GTEST_SKIP() << made.error().message;
  }
  EXPECT_EQ(made->end.detail, "");
  EXPECT_EQ(SettingText("dirty_writeback_centisecs"), before);
}

// A check reads the acks in force, so that its answer under some acks does not
// hold under others.
TEST_P(KernelProgramTest, ChecksKnowTheAcksInForce) {
  CommandRecording made = MustRun(
      "for i in 1 2 3; do echo $i > f$i; sync f$i .; "
      "echo $i > $POWERCUT_ACKS; done");
  Workload workload;
  RunSetting setting;
  setting.profile = FindProfile("linux-man");
  setting.geometry = Geometry();
  setting.atomic_bytes = 4096;
  setting.crash_kinds = {CrashKind::kPower};
  CheckOracle check;
  check.command = "for i in $(cat $POWERCUT_ACKED); do test -s f$i; done";
  setting.oracle = check;
  const Recorded holds{workload, setting, made.recording};
  const Exploration good = MustExplore(*backend_, holds, Options("epoch:1", 2));
  EXPECT_TRUE(good.findings.empty()) << DumpOf(good);
  // This check demands one file more than was acknowledged.
  check.command =
      "n=$(grep -c . $POWERCUT_ACKED); test -s f$((n + 1)) || "
      "{ echo no f; exit 4; }";
  setting.oracle = check;
  const Recorded fails{workload, setting, std::move(made.recording)};
  const Exploration bad = MustExplore(*backend_, fails, Options("epoch:1", 2));
  // One cause before the first ack, and one after it.
  ASSERT_EQ(bad.findings.size(), 2u);
  for (const Finding& finding : bad.findings) {
    EXPECT_EQ(finding.violation.found, "exit status 4: no f");
  }
}

// Runs that were kept in a folder for one recording must not serve another one
// with other acks.
TEST_P(KernelProgramTest, KeptRunsBelongToTheirAcks) {
  CommandRecording made = MustRun("echo x > f; sync f .");
  RunSetting setting;
  setting.profile = FindProfile("linux-man");
  setting.geometry = Geometry();
  setting.atomic_bytes = 4096;
  setting.crash_kinds = {CrashKind::kPower};
  setting.oracle = CheckOracle{.command = "true"};
  const TemporaryFolder folder;
  ExploreOptions options = Options("prefix", 2);
  options.resume = folder.File("runs");
  const auto explore = [&](const Recording& recording) {
    return Explore({*backend_, Workload(), setting, recording}, options);
  };
  for (int i = 0; i < 2; ++i) {
    const auto same = explore(made.recording);
    EXPECT_TRUE(same) << same.error().message;
  }
  made.recording.trace.AddMark(LineMark("1"));
  const auto other = explore(made.recording);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message,
              testing::HasSubstr("belongs to another exploration"));
}

}  // namespace
}  // namespace powercut
