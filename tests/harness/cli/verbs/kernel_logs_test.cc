// Runs `import` and `explore` on logs as other tools write them: logs that
// begin with mkfs, logs of a disk that already held something, and logs on
// which nothing can be mounted. Also `record`, as far as its end and its
// schedules go. Each test is skipped where ext4 is missing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

// Makes an ext4 image before and after a file was written to it (a.img and
// b.img), and logs of both steps as log-writes would write them.
constexpr const char* kMakeLogs = R"(
import struct, subprocess
S = 512
def writes(path, base=None):
    data = open(path, 'rb').read()
    old = open(base, 'rb').read() if base else bytes(len(data))
    for at in range(0, len(data), 4096):
        if data[at:at + 4096] != old[at:at + 4096]:
            yield entry(at // S, 8, 0, data=data[at:at + 4096])
def entry(sector, count, flags, text=b'', data=b''):
    head = struct.pack('<QQQQ', sector, count, flags, len(text)) + text
    return head.ljust(S, bytes(1)) + data
def log(path, entries):
    entries = entries + [entry(0, 0, 8, b'dm-log-writes-end')]
    head = struct.pack('<QQQI', 0x6a736677736872, 1, len(entries), S)
    open(path, 'wb').write(head.ljust(S, bytes(1)) + b''.join(entries))
subprocess.run(
    "truncate -s 64M a.img && mkfs.ext4 -q -E "
    "lazy_itable_init=0,lazy_journal_init=0 a.img && "
    "cp --sparse=always a.img b.img && "
    "debugfs -w -R 'write make.py f' b.img 2>/dev/null",
    shell=True, check=True)
flush = entry(0, 0, 1)
step = list(writes('b.img', 'a.img')) + [flush, entry(0, 0, 8, b'last')]
log('whole.log',
    list(writes('a.img')) + [flush, entry(0, 0, 8, b'mkfs')] + step)
log('step.log', step)
log('zeros.log', [entry(800, 8, 0, data=bytes(4096)), flush])
)";

class KernelLogsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string doctor = RunTool({"doctor"}).out;
    if (doctor.find("\next4       ready") == std::string::npos) {
      GTEST_SKIP() << doctor;
    }
  }

  void MakeLogs() {
    folder_.Write("make.py", kMakeLogs);
    const Ended made = Shell("cd " + folder_.File("") + " && python3 make.py");
    ASSERT_EQ(made.status, 0) << made.err;
  }
  static Ended Shell(const std::string& command) {
    return Subprocess({"/bin/sh", "-c", command}).Wait();
  }
  // Imports a log as the trace `name`.
  std::string Import(const std::string& log, const std::string& name,
                     const std::vector<std::string>& flags = {}) {
    std::vector<std::string> words = {"import",   folder_.File(log),
                                      "-o",       folder_.File(name),
                                      "--origin", "kernel"};
    words.insert(words.end(), flags.begin(), flags.end());
    const Ended imported = RunTool(words);
    EXPECT_EQ(imported.status, kHolds) << imported.err;
    return folder_.File(name);
  }
  static Ended Explore(const std::string& trace,
                       const std::vector<std::string>& flags = {}) {
    std::vector<std::string> words = {"explore", trace,    "--fs",   "ext4",
                                      "--space", "prefix", "--quiet"};
    words.insert(words.end(), flags.begin(), flags.end());
    return RunTool(words);
  }
  Ended Record(const std::string& script,
               const std::vector<std::string>& flags = {}) {
    std::vector<std::string> words = {"record", "--fs", "ext4", "-o",
                                      folder_.File("t.trace")};
    words.insert(words.end(), flags.begin(), flags.end());
    words.insert(words.end(), {"--", "sh", "-c", script});
    return RunTool(words);
  }

  TemporaryFolder folder_;
};

TEST_F(KernelLogsTest, ALogThatBeginsWithMkfsIsExploredFromItsMark) {
  MakeLogs();
  const std::string trace = Import("whole.log", "x", {"--size", "64M"});
  const Ended whole = Explore(trace);
  EXPECT_EQ(whole.status, kViolation);
  EXPECT_THAT(whole.err, testing::HasSubstr("(marks: mkfs, last)"));
  const Ended from = Explore(trace, {"--from", "mkfs"});
  EXPECT_EQ(from.status, kHolds) << from.out << from.err;
  EXPECT_EQ(from.err, "");
  EXPECT_THAT(from.out, testing::HasSubstr("; crashes from mark mkfs after"));
  ExpectError(Explore(trace, {"--from", "nosuch"}), kUsage,
              "there is no such mark; the marks are mkfs, last");
  // The same, told to `import`.
  const std::string begun =
      Import("whole.log", "y", {"--size", "64M", "--from", "mkfs"});
  const Ended imported = Explore(begun);
  EXPECT_EQ(imported.status, kHolds) << imported.out;
  EXPECT_EQ(imported.err, "");
  EXPECT_THAT(
      RunTool({"show", begun}).out,
      testing::HasSubstr("! mkfs\n        = run: crashes are explored"));
  // After the last flush no block is open, and the verdict says so.
  const Ended last = Explore(trace, {"--from", "last"});
  EXPECT_EQ(last.status, kHolds);
  EXPECT_THAT(last.out, testing::HasSubstr("nothing was open"));
}

// An id means the same with the flag and without it.
TEST_F(KernelLogsTest, FindingsAfterAMarkReplay) {
  MakeLogs();
  const std::string trace = Import("whole.log", "x", {"--size", "64M"});
  const Ended found =
      Explore(trace, {"--from", "mkfs", "--check", "test -e f"});
  ASSERT_EQ(found.status, kViolation) << found.err;
  // Nobody ran a program that could have written acks.
  EXPECT_THAT(found.out,
              testing::HasSubstr("\n  log        imported\n"
                                 "  promise    1 mark, the last: mkfs\n"));
  EXPECT_THAT(found.out, testing::Not(testing::HasSubstr("program")));
  const std::vector<std::string> ids = IdsIn(found.out);
  ASSERT_FALSE(ids.empty());
  const Ended replayed = RunTool({"replay", trace, "--at", ids[0], "--fs",
                                  "ext4", "--check", "test -e f"});
  EXPECT_EQ(replayed.status, kViolation) << replayed.err;
  EXPECT_EQ(IdsIn(replayed.out), ids);
  // The check judged, and the tree was not read.
  EXPECT_THAT(replayed.out, testing::Not(testing::HasSubstr("recovery  ")));
  // Where the trace itself begins its crashes, no earlier state has a name.
  const std::string begun =
      Import("whole.log", "y", {"--size", "64M", "--from", "mkfs"});
  const std::string digest = ids[0].substr(ids[0].find('@'));
  ExpectError(RunTool({"replay", begun, "--at", "1p" + digest, "--fs", "ext4"}),
              kUsage, "the point lies before the mark at which crashes begin");
}

TEST_F(KernelLogsTest, ShardsAndKeptRunsFollowTheMark) {
  MakeLogs();
  const std::string trace = Import("whole.log", "x", {"--size", "64M"});
  const auto report = [&](const std::string& name) {
    return folder_.File(name + ".json");
  };
  const std::string runs = folder_.File("runs");
  const Ended whole = Explore(trace, {"--from", "mkfs", "--resume", runs});
  const Ended again = Explore(trace, {"--from", "mkfs", "--resume", runs});
  EXPECT_EQ(again.out, whole.out);
  EXPECT_THAT(whole.out, testing::HasSubstr(": ok: "));
  Explore(trace, {"--from", "mkfs", "--shard", "1/2", "--json", report("1")});
  Explore(trace, {"--from", "mkfs", "--shard", "2/2", "--json", report("2")});
  const Ended merged = RunTool({"merge", report("1"), report("2")});
  EXPECT_EQ(merged.status, kHolds) << merged.err;
  EXPECT_EQ(merged.out, whole.out);
  Explore(trace, {"--from", "last", "--shard", "2/2", "--json", report("3")});
  ExpectError(RunTool({"merge", report("1"), report("3")}), kUsage,
              "--from 'last after event");
}

TEST_F(KernelLogsTest, ALogOfAUsedDiskIsImportedOnTopOfIt) {
  MakeLogs();
  const std::string image = folder_.File("a.img");
  const std::string trace = Import("step.log", "x", {"--base", image});
  const Ended explored = Explore(trace, {"--check", "test -e lost+found"});
  EXPECT_EQ(explored.status, kHolds) << explored.out << explored.err;
  EXPECT_EQ(explored.err, "");
  // An image with holes gives the same trace, and a larger disk another one.
  ASSERT_EQ(Shell("cp --sparse=always " + image + " " + image + "2").status, 0);
  const std::string same = Import("step.log", "y", {"--base", image + "2"});
  EXPECT_EQ(folder_.Read("x"), folder_.Read("y"));
  const std::string larger =
      Import("step.log", "z", {"--base", image, "--size", "128M"});
  EXPECT_EQ(Explore(larger).status, kHolds);
  ExpectError(RunTool({"import", folder_.File("step.log"), "-o", same,
                       "--origin", "kernel", "--base", image, "--size", "32M"}),
              kUsage, "has 67108864 bytes, and --size says 33554432");
}

TEST_F(KernelLogsTest, OneLineSaysWhyNothingMounts) {
  MakeLogs();
  const auto expect = [&](const Ended& ended, const std::string& part) {
    ExpectError(ended, kUsage, "not even the last state");
    EXPECT_THAT(ended.err, testing::HasSubstr(part));
  };
  const std::string cut = Import("whole.log", "cut");
  expect(Explore(cut, {"--from", "mkfs"}),
         "the disk is cut short: its ext4 takes 67108864 bytes");
  const std::string whole = Import("whole.log", "x", {"--size", "64M"});
  for (const std::string other : {"ext2", "xfs", "btrfs"}) {
    const Ended ended = RunTool({"explore", whole, "--fs", other, "--quiet",
                                 "--space", "prefix", "--check", "true"});
    if (ended.status == kCannotRun) continue;
    expect(ended, "the disk holds ext4; say --fs ext4");
  }
  // A log whose disk held the file system before it began.
  expect(Explore(Import("zeros.log", "blank", {"--size", "64M"})),
         "no file system is on the disk; the log begins on a blank disk: if "
         "the disk held something before, import the log with --base IMAGE");
}

TEST_F(KernelLogsTest, RecordSaysHowTheProgramEnded) {
  const Ended fine = Record("true");
  EXPECT_EQ(fine.status, kHolds);
  EXPECT_EQ(fine.err, "");
  const auto expect = [&](const Ended& ended, const std::string& note) {
    EXPECT_EQ(ended.status, kProgramFailed);
    EXPECT_THAT(ended.err, testing::HasSubstr("powercut: note: " + note));
    EXPECT_THAT(ended.out, testing::HasSubstr(" disk events, "));
  };
  expect(Record("exit 7"), "the program ended with exit status 7\n");
  expect(Record("kill -9 $$"), "the program was killed by SIGKILL\n");
  expect(Record("kill -STOP $$", {"--timeout", "300ms"}),
         "the program was killed: no end after 300 ms (--timeout)\n");
  expect(Record("head -c 100M /dev/zero > f"),
         "the program ended with exit status 1, and the disk is full; --size");
  expect(Record("head -c 100M /dev/zero > f; true"),
         "the disk is full, although the program ended with exit status 0");
  // The trace of a program that failed is a trace.
  EXPECT_EQ(RunTool({"show", folder_.File("t.trace")}).status, kHolds);
}

TEST_F(KernelLogsTest, RecordRefusesWhatCannotWorkByName) {
  ExpectError(Record("true", {"--timeout", "0s"}), kUsage, "1ms to 240h");
  ExpectError(Record("true", {"--mount", "noatime,ro"}), kUsage,
              "--mount: `ro` is not offered");
  ExpectError(Record("true", {"--mount", "nosuchword"}), kUsage,
              "refuses the option `nosuchword`");
  ExpectError(Record("true", {"--mkfs", "-Z"}), kUsage, "invalid option");
  const Ended fstab = Record("true", {"--mount", "defaults,noatime,nofail"});
  EXPECT_EQ(fstab.status, kHolds) << fstab.err;
}

// Crashes begin where the program says that its set-up is over.
TEST_F(KernelLogsTest, ProgramsSayWhereTheirSetUpEnds) {
  const std::string start = "echo powercut:start >> $POWERCUT_ACKS; ";
  const Ended recorded =
      Record("echo 1 > f; sync f .; echo set up >> $POWERCUT_ACKS; " + start +
             "echo 2 > g; sync g .; " + start);
  EXPECT_EQ(recorded.status, kHolds);
  EXPECT_THAT(recorded.out, testing::HasSubstr(", 1 ack\n"));
  EXPECT_THAT(recorded.err, testing::HasSubstr("powercut:start 2 times"));
  const std::string trace = folder_.File("t.trace");
  const std::string shown = RunTool({"show", trace}).out;
  EXPECT_LT(shown.find("! powercut:ack set up"), shown.find("= run"));
  EXPECT_EQ(shown.find("= run"), shown.rfind("= run"));
  // f is in every state, and g was written after the beginning.
  const auto explore = [&](const std::string& check) {
    return RunTool({"explore", trace, "--quiet", "--check", check}).status;
  };
  EXPECT_EQ(explore("test -s f"), kHolds);
  EXPECT_EQ(explore("test -s g"), kViolation);
}

// A cause of several recordings is shown once, and the last lines count it.
TEST_F(KernelLogsTest, SeveralRecordingsMakeOneReport) {
  ASSERT_EQ(Record("echo 1 > f; echo done >> $POWERCUT_ACKS",
                   {"--times", "3", "--writeback", "random"})
                .status,
            kHolds);
  std::vector<std::string> words = {
      "explore", "--quiet",
      "--space", "prefix",
      "--json",  folder_.File("r.json"),
      "--check", "grep -q done $POWERCUT_ACKED || exit 0; test -s f"};
  for (const char* number : {"1", "2", "3"}) {
    words.push_back(folder_.File(std::string("t-") + number + ".trace"));
  }
  const Ended explored = RunTool(words);
  EXPECT_EQ(explored.status, kViolation) << explored.err;
  EXPECT_EQ(IdsIn(explored.out).size(), 1u) << explored.out;
  EXPECT_THAT(explored.out, testing::HasSubstr("\n3 recordings, "));
  EXPECT_THAT(explored.out, testing::HasSubstr("   in 3 of 3 recordings, "));
  EXPECT_THAT(
      explored.out,
      testing::HasSubstr("; one schedule of writeback (random, seed 2)"));
  const auto report = nlohmann::json::parse(folder_.Read("r.json"));
  ASSERT_EQ(report["workloads"].size(), 3u);
  EXPECT_EQ(report["workloads"][0]["writeback"], "random, seed 1");
  EXPECT_EQ(RunTool({"merge", folder_.File("r.json")}).out, explored.out);
}

// A program that leaves all to the unmount tells little, and the verdict says
// so.
TEST_F(KernelLogsTest, AVerdictSaysWhereNothingWasWritten) {
  const auto explored = [&](const std::string& script) {
    EXPECT_EQ(Record(script).status, kHolds);
    return RunTool({"explore", folder_.File("t.trace"), "--quiet", "--space",
                    "prefix"})
        .out;
  };
  EXPECT_THAT(explored("echo 1 > f"),
              testing::EndsWith("; one schedule of writeback, in which nothing "
                                "reached the disk before the program had "
                                "ended\n"));
  EXPECT_THAT(explored("echo 1 > f; sync f"),
              testing::EndsWith("; one schedule of writeback\n"));
}

}  // namespace
}  // namespace powercut
