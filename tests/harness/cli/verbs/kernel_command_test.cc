// Runs `record` and `explore` as a user does: with a real database on the file
// systems of the running kernel, killed at any moment, and on machines where
// the verbs cannot run. Each test is skipped where its file system is missing.

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "harness/base/prng.h"
#include "tests/harness/cli/kernel_tool.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

constexpr const char* kTool = POWERCUT_TOOL;

// What could be read: reading about a process ends in an error when the process
// ends, which an iterator over the stream would throw.
std::string FileText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// While it lives, this process and all that it starts run on one processor.
class OneProcessor {
 public:
  OneProcessor() {
    EXPECT_EQ(sched_getaffinity(0, sizeof before_, &before_), 0);
    int first = 0;
    while (first < CPU_SETSIZE && !CPU_ISSET(first, &before_)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    EXPECT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;
  ~OneProcessor() {
    EXPECT_EQ(sched_setaffinity(0, sizeof before_, &before_), 0);
  }

 private:
  cpu_set_t before_;
};

class KernelCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string lacks = MissingResource("ext4");
    if (!lacks.empty()) GTEST_SKIP() << lacks;
  }

  // Records 12 commits of SQLite and explores them.
  Ended Sqlite(const std::string& journal, const std::string& synchronous) {
    const std::string trace = folder_.File("trace");
    const Ended recorded =
        RunTool({"record", "--fs", "ext4", "-o", trace, "--", "sh",
                 Program("sqlite_commits.sh"), journal, synchronous, "12"});
    EXPECT_EQ(recorded.status, kHolds) << recorded.err;
    EXPECT_THAT(recorded.out, testing::HasSubstr(" 12 acks\n"));
    return RunTool({"explore", trace, "--quiet", "--space", "prefix", "--check",
                    "sh " + Program("sqlite_holds.sh")});
  }

  TemporaryFolder folder_;
};

TEST_F(KernelCommandTest, SqliteHoldsWhereItSaysSo) {
  if (access("/usr/bin/sqlite3", X_OK) != 0) {
    GTEST_SKIP() << "sqlite3 is not installed";
  }
  EXPECT_EQ(Sqlite("DELETE", "OFF").status, kViolation);
  EXPECT_EQ(Sqlite("DELETE", "FULL").status, kViolation);
  EXPECT_EQ(Sqlite("DELETE", "EXTRA").status, kHolds);
  EXPECT_EQ(Sqlite("WAL", "OFF").status, kViolation);
  EXPECT_EQ(Sqlite("WAL", "FULL").status, kHolds);
}

// A replay line that is pasted shows the same finding again.
TEST_F(KernelCommandTest, FindingsReplay) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(RunTool({"record", "--fs", "ext4", "-o", trace, "--", "sh", "-c",
                     "echo x > f; echo f > $POWERCUT_ACKS"})
                .status,
            kHolds);
  const std::string check =
      "for f in $(cat $POWERCUT_ACKED); do test -s $f; "
      "done";
  const Ended explored = RunTool({"explore", trace, "--check", check});
  EXPECT_EQ(explored.status, kViolation) << explored.err;
  const std::vector<std::string> ids = IdsIn(explored.out);
  ASSERT_FALSE(ids.empty());
  const Ended replayed =
      RunTool({"replay", trace, "--at", ids[0], "--check", check});
  EXPECT_EQ(replayed.status, kViolation) << replayed.err;
  EXPECT_THAT(replayed.out, testing::HasSubstr(ids[0]));
}

// Runs the first replay line of an output as if it were pasted.
Ended ReplayAsPrinted(const std::string& out) {
  const size_t line = out.find("powercut replay ");
  EXPECT_NE(line, std::string::npos) << out;
  if (line == std::string::npos) return {};
  const std::string words =
      out.substr(line + 16, out.find('\n', line) - line - 16);
  return Subprocess({"/bin/sh", "-c", std::string(kTool) + " replay " + words})
      .Wait();
}

// Recording on a kernel twice gives two traces, so that the recording is saved
// together with the finding.
TEST_F(KernelCommandTest, FindingsOfWorkloadsReplay) {
  const std::string file = folder_.Write("replace.pcut", kReplace);
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.File(""));
  const Ended checked = RunTool({"check", file, "--backend", "ext4", "--mount",
                                 "barrier=0", "--profile", "linux-man"});
  EXPECT_EQ(checked.status, kUsage) << "2M is too small for ext4";
  const std::string larger =
      std::string(kReplace).replace(std::string(kReplace).find("2M"), 2, "32M");
  folder_.Write("replace.pcut", larger);
  const Ended found = RunTool({"check", file, "--backend", "ext4", "--mount",
                               "barrier=0", "--space", "epoch:1"});
  EXPECT_EQ(found.status, kViolation) << found.err;
  EXPECT_EQ(ReplayAsPrinted(found.out).status, kViolation);
  const Ended litmus = RunTool({"litmus", "--backend", "ext4", "--mount",
                                "barrier=0", "--profile", "linux-man",
                                std::string(POWERCUT_SOURCE_DIR) +
                                    "/corpora/litmus/l01_full_flush.pcut"});
  EXPECT_EQ(litmus.status, kViolation) << litmus.err;
  EXPECT_EQ(ReplayAsPrinted(litmus.out).status, kViolation) << litmus.out;
  // A fault of the run is in the recording, so that the replay line does not
  // have it.
  const Ended lied =
      RunTool({"check", file, "--backend", "ext4", "--space", "epoch:1",
               "--fault", "lie on flush times=always"});
  EXPECT_EQ(lied.status, kViolation) << lied.err;
  EXPECT_EQ(ReplayAsPrinted(lied.out).status, kViolation) << lied.out;
  std::filesystem::current_path(before);
}

// With data=writeback, a file may show data that a removed file left. The
// profile of ext4-writeback admits that, the others do not. The file names
// ext4-ordered, which beats the profile that the option chooses. ext4 has a
// place for small files on each processor, and /f must get the place of /old.
TEST_F(KernelCommandTest, WritebackShowsWhatItMay) {
  const OneProcessor pinned;
  const std::string file =
      std::string(POWERCUT_SOURCE_DIR) + "/corpora/kernel/ext4_stale_data.pcut";
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.File(""));
  const auto check = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"check", "--quiet", file});
    return RunTool(flags);
  };
  EXPECT_EQ(check({}).status, kHolds);
  const std::string option = "data=writeback,nodelalloc";
  const Ended shown = check({"--mount", option});
  EXPECT_EQ(shown.status, kViolation);
  EXPECT_THAT(shown.out, testing::HasSubstr("violation: stale /f\n"));
  EXPECT_EQ(check({"--mount", option, "--profile", "ext4-writeback"}).status,
            kHolds);
  std::filesystem::current_path(before);
}

// A file is replaced by a rename, and the new one is not flushed. Which profile
// judges that follows the options, and a note says where none fits.
TEST_F(KernelCommandTest, TheProfileFollowsTheOptions) {
  const std::string file = folder_.Write("replace.pcut", R"(powercut 1
init
  create /conf
  append /conf 8192 fill=1
run
  create /conf.tmp
  append /conf.tmp 8192 fill=2
  rename /conf.tmp /conf
  fsync  /
)");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.File(""));
  const auto check = [&](const std::string& file_system,
                         const std::string& mount) {
    return RunTool({"check", "--quiet", file, "--backend", file_system,
                    "--space", "prefix", "--mount", mount, "--json",
                    folder_.File("report.json")});
  };
  for (const auto& [mount, profile, note] :
       std::vector<std::array<std::string, 3>>{
           {"commit=5", "ext4-ordered", ""},
           {"noauto_da_alloc", "ext4-ordered", ""},
           {"dioread_lock", "ext4-ordered", "note: `dioread_lock` waits"},
           {"data=writeback", "ext4-writeback", ""},
           {"data=journal", "ext4-journal", ""},
           {"sync", "ext4-ordered", "note: `sync` makes every write"}}) {
    const Ended ended = check("ext4", mount);
    EXPECT_EQ(ended.status, kHolds) << mount << ended.out << ended.err;
    EXPECT_THAT(ended.out,
                testing::HasSubstr("ext4 under profile " + profile + ":"));
    EXPECT_EQ(ended.out.find("note:") != std::string::npos, !note.empty());
    EXPECT_THAT(ended.out, testing::HasSubstr(note));
    const std::string json = FileText(folder_.File("report.json"));
    EXPECT_EQ(json.find("\"profile_note\"") != std::string::npos, !note.empty())
        << json;
  }
  if (MissingResource("btrfs").empty()) {
    const Ended ended = check("btrfs", "flushoncommit");
    EXPECT_EQ(ended.status, kHolds) << ended.out;
    EXPECT_THAT(ended.out, testing::HasSubstr("judged by btrfs"));
  }
  // A profile that the user names needs no note.
  const Ended named =
      RunTool({"check", "--quiet", file, "--backend", "ext4", "--space",
               "prefix", "--mount", "sync", "--profile", "ext4-ordered"});
  EXPECT_EQ(named.out.find("note:"), std::string::npos) << named.out;
  const Ended recorded =
      RunTool({"record", "--fs", "ext4", "--mount", "barrier=0", "-o",
               folder_.File("trace"), "--", "true"});
  EXPECT_THAT(recorded.err, testing::HasSubstr("note: `barrier=0` sends no"));
  std::filesystem::current_path(before);
}

TEST_F(KernelCommandTest, CorpusHolds) {
  int checked = 0;
  const std::filesystem::path folder =
      std::filesystem::path(POWERCUT_SOURCE_DIR) / "corpora/kernel";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const std::string text = FileText(file.path());
    const size_t at = text.find("\nbackend ") + 9;
    const std::string backend = text.substr(at, text.find('\n', at) - at);
    if (!MissingResource(backend).empty()) continue;
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder_.File(""));
    // On a busy machine the clock may tick at each op of xfs_syncfs.pcut, which
    // then shows no violation.
    Ended ended;
    for (int tries = 0; tries < 5; ++tries) {
      ended = RunTool({"check", "--quiet", file.path()});
      if (ended.status == kHolds) break;
    }
    std::filesystem::current_path(before);
    EXPECT_EQ(ended.status, kHolds) << file.path() << ended.out << ended.err;
    ++checked;
  }
  EXPECT_GT(checked, 0);
}

// --- kills -----------------------------------------------------------------

int LoopDevicesInUse() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block")) {
    std::error_code ignored;
    const bool used =
        std::filesystem::exists(entry.path() / "loop/backing_file", ignored);
    count += used ? 1 : 0;
  }
  return count;
}

void SleepUs(uint64_t us) {
  const timespec pause = {static_cast<time_t>(us / 1'000'000),
                          static_cast<long>(us % 1'000'000 * 1000)};
  nanosleep(&pause, nullptr);
}

// A daemon that the command left holds a file of the volume open.
TEST_F(KernelCommandTest, KillsLeaveNothing) {
  const int loops_before = LoopDevicesInUse();
  const std::string mounts_before = FileText("/proc/self/mounts");
  const std::string marker = "98765.4321";
  Prng prng(11);
  constexpr int kKills = 200;
  for (int i = 0; i < kKills; ++i) {
    const Subprocess tool({kTool, "record", "--fs", "ext4", "-o",
                           folder_.File("trace"), "--", "sh", "-c",
                           "exec 3>f; sleep " + marker +
                               " & while :; do echo x >&3; sync f; "
                               "done"});
    SleepUs(1000 + prng.Below(60'000));
    tool.Signal(SIGKILL);
    EXPECT_EQ(tool.Wait().status, -1);
  }
  // The kernel removes namespaces and devices some time after the process
  // ended.
  for (int i = 0; i < 500; ++i) {
    if (ProcessesWith(marker) == 0 && LoopDevicesInUse() <= loops_before) break;
    SleepUs(10'000);
  }
  EXPECT_EQ(ProcessesWith(marker), 0);
  EXPECT_LE(LoopDevicesInUse(), loops_before);
  EXPECT_EQ(FileText("/proc/self/mounts"), mounts_before);
  EXPECT_THAT(folder_.Names(), testing::IsEmpty());
}

// --- where it cannot run ---------------------------------------------------

TEST(KernelCommandErrors, EachIsOneLine) {
  const TemporaryFolder folder;
  const std::string trace = folder.File("trace");
  ExpectError(RunTool({"record", "--fs", "clfs", "-o", trace, "--", "true"}),
              kCannotRun, "no program can run in clfs");
  ExpectError(RunTool({"record", "--fs", "nofs", "-o", trace, "--", "true"}),
              kUsage, "no backend is named nofs");
  ExpectError(RunTool({"check", "--mount", "x", "--backend", "simfs",
                       folder.Write("a.pcut", kReplace)}),
              kUsage, "takes no --mkfs and no --mount");
  ExpectError(RunTool({"check", "--backend", "f2fs",
                       folder.Write("b.pcut", "powercut 1\ninit\nrun\n")}),
              kCannotRun, "f2fs");
}

TEST_F(KernelCommandTest, WithoutRootItSaysSo) {
  if (access("/usr/bin/setpriv", X_OK) != 0) GTEST_SKIP() << "no setpriv";
  // The user nobody may write into this folder.
  const TemporaryFolder folder;
  std::filesystem::permissions(folder.File("."), std::filesystem::perms::all);
  const Ended ended =
      Subprocess({"/usr/bin/setpriv", "--reuid=65534", "--clear-groups", kTool,
                  "record", "--fs", "ext4", "-o", folder.File("none.trace"),
                  "--", "true"})
          .Wait();
  ExpectError(ended, kCannotRun, "take root");
}

// Faults work below a kernel as they do in process: if flushes lie, what was
// synced is lost.
TEST_F(KernelCommandTest, FaultsOfTheDisk) {
  const std::string trace = folder_.File("trace");
  const std::string check =
      "for f in $(cat $POWERCUT_ACKED); do test -s $f; done";
  const auto run = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"record", "--fs", "ext4", "-o", trace});
    flags.insert(flags.end(),
                 {"--", "sh", "-c",
                  "for f in 1 2 3; do echo $f > $f; sync $f . || echo failed; "
                  "echo $f > $POWERCUT_ACKS; done"});
    return RunTool(flags);
  };
  EXPECT_EQ(run({}).status, kHolds);
  EXPECT_EQ(RunTool({"explore", trace, "--check", check}).status, kHolds);
  EXPECT_EQ(run({"--fault", "lie on flush times=always"}).status, kHolds);
  EXPECT_EQ(RunTool({"explore", trace, "--check", check}).status, kViolation);
  EXPECT_THAT(run({"--fault", "error on flush"}).out,
              testing::HasSubstr("failed\n"));
  EXPECT_THAT(RunTool({"show", trace}).out,
              testing::HasSubstr("error on flush"));
  EXPECT_THAT(run({"--fault", "error on flush nth=999"}).err,
              testing::HasSubstr("1 of 1 faults never fired"));
  ExpectError(run({"--fault", "error on read in=recovery"}), kUsage,
              "say it to `explore`");
}

// A missing prerequisite of the machine is no finding, at any verb.
TEST_F(KernelCommandTest, WhatTheMachineLacksIsNoFinding) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(RunTool({"record", "--fs", "ext4", "-o", trace, "--", "sh", "-c",
                     "echo x > f; sync f"})
                .status,
            kHolds);
  const auto without = [&](const std::string& device, const std::string& verb) {
    return Subprocess({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                       "mount --bind /dev/null " + device + "; exec " + kTool +
                           " " + verb})
        .Wait();
  };
  for (const std::string& verb : std::vector<std::string>{
           "explore " + trace, "explore " + trace + " --check true",
           "record --fs ext4 -o " + trace + "2 -- true"}) {
    ExpectError(without("/dev/loop-control", verb), kCannotRun,
                "no loop device: /dev/loop-control: ");
    const Ended fuse = without("/dev/fuse", verb);
    EXPECT_EQ(fuse.status, kCannotRun) << verb;
    EXPECT_THAT(fuse.err, testing::HasSubstr("it takes root and /dev/fuse"));
  }
}

TEST_F(KernelCommandTest, TracesOfProgramsAndWhatTheyAreGiven) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(RunTool({"record", "--fs", "ext4", "-o", trace, "--", "sh", "-c",
                     "echo x > f; sync f; echo 1 > $POWERCUT_ACKS"})
                .status,
            kHolds);
  if (!MissingResource("exfat").empty()) {
    ExpectError(RunTool({"explore", trace, "--fs", "exfat"}), kCannotRun,
                "exfat: this kernel does not know exfat");
  }
  ExpectError(RunTool({"explore", trace, "--check", ""}), kUsage,
              "--check: the value is empty; leave the flag out");
  // The end mark of an imported log is no ack, and what a check prints is shown
  // without control characters.
  const std::string log = folder_.File("log");
  const std::string again = folder_.File("again");
  ASSERT_EQ(RunTool({"export", trace, "-o", log}).status, kHolds);
  ASSERT_EQ(RunTool({"import", log, "-o", again, "--origin", "kernel", "--size",
                     "32M"})
                .status,
            kHolds);
  const std::string check =
      "test ! -s $POWERCUT_ACKED || test \"$(cat $POWERCUT_ACKED)\" = 1 || "
      "{ printf '\\033[31mno\\n'; exit 1; }";
  const Ended same =
      RunTool({"explore", again, "--fs", "ext4", "--check", check});
  EXPECT_EQ(same.status, kHolds) << same.err << same.out;
  ExpectError(
      RunTool({"explore", trace, "--check", "printf '\\033[31mno\\n'; exit 1"}),
      kUsage, "exit status 1: ?[31mno");
}

// A trace that cannot be saved is refused before the program runs, since what
// it did would be lost.
TEST_F(KernelCommandTest, TracesThatCannotBeSavedAreRefused) {
  const auto record = [](const std::string& output) {
    return RunTool({"record", "--fs", "ext4", "-o", output, "--", "sh", "-c",
                    "echo ran >&2"});
  };
  ExpectError(record("/tmp"), kUsage, "is a directory");
  EXPECT_THAT(record("/tmp").err, testing::Not(testing::HasSubstr("ran")));
  // A device is written to, and stays what it is.
  EXPECT_EQ(record("/dev/null").status, kHolds);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(KernelCommandTest, ProgramsThatCannotStartAreRefused) {
  const std::string trace = folder_.File("trace");
  const auto record = [&](std::vector<std::string> command) {
    command.insert(command.begin(),
                   {"record", "--fs", "ext4", "-o", trace, "--"});
    return RunTool(command);
  };
  ExpectError(record({"nosuchprogram", "x"}), kCannotRun,
              "nosuchprogram cannot be started: No such file or directory; "
              "install it");
  ExpectError(record({folder_.Write("plain", "")}), kCannotRun,
              "plain cannot be started: Permission denied");
  EXPECT_THAT(folder_.Names(), testing::ElementsAre("plain"));
  const Ended shell = record({"sh", "-c", "nosuchprogram"});
  EXPECT_EQ(shell.status, kProgramFailed);
  EXPECT_THAT(shell.err, testing::HasSubstr("exit status 127"));
  EXPECT_THAT(folder_.Names(), testing::SizeIs(2));
}

// --- the process that mounts dies ------------------------------------------

// Kills the parents of shells whose command line has this word, one after
// another, until the tool has ended or `most` are dead.
int KillMounters(const std::string& word, int most) {
  int killed = 0;
  pid_t last = 0;
  for (int i = 0; i < 3000 && killed < most; ++i) {
    SleepUs(5000);
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const std::string line = FileText(entry.path() / "cmdline");
      const bool ours =
          line.find(word) != std::string::npos &&
          (line.starts_with("/bin/sh") || line.starts_with("sleep"));
      const std::string status = FileText(entry.path() / "status");
      const size_t at = status.find("\nPPid:\t");
      if (!ours || at == std::string::npos) continue;
      const pid_t parent = std::stoi(status.substr(at + 7));
      if (parent <= 1 || parent == last) continue;
      last = parent;
      killed += kill(parent, SIGKILL) == 0 ? 1 : 0;
      break;
    }
  }
  return killed;
}

TEST_F(KernelCommandTest, DeathsOfTheMounterAreNotFindings) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(RunTool({"record", "--fs", "ext4", "-o", trace, "--", "sh", "-c",
                     "echo x > f; sync f ."})
                .status,
            kHolds);
  const std::vector<std::string> words = {
      kTool,     "explore", trace,     "--quiet",
      "--space", "prefix",  "--check", "sleep 0.05; : 76543.2198",
      "--fsck"};
  const Ended left_alone = Subprocess(words).Wait();
  EXPECT_EQ(left_alone.status, kHolds) << left_alone.out;
  const Subprocess tool(words);
  EXPECT_EQ(KillMounters("76543.2198", 5), 5);
  const Ended ended = tool.Wait();
  EXPECT_EQ(ended.status, kHolds);
  EXPECT_EQ(ended.out, left_alone.out);
}

TEST_F(KernelCommandTest, RecordingsWithoutTheMounterAreErrors) {
  const Subprocess tool({kTool, "record", "--fs", "ext4", "-o",
                         folder_.File("trace"), "--", "sleep", "65432.1987"});
  EXPECT_EQ(KillMounters("65432.1987", 1), 1);
  ExpectError(tool.Wait(), kUsage,
              "the process that mounts the disk is gone, killed by SIGKILL; "
              "run it again");
  EXPECT_THAT(folder_.Names(), testing::IsEmpty());
}

// Runs that were kept for one check do not answer for another check.
TEST_F(KernelCommandTest, RunsBelongToTheirCheck) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(
      RunTool({"record", "--fs", "ext4", "-o", trace, "--", "true"}).status,
      kHolds);
  const auto explore = [&](const std::string& check, const std::string& mount) {
    return RunTool({"explore", trace, "--quiet", "--space", "prefix",
                    "--resume", folder_.File("runs"), "--check", check,
                    "--mount", mount});
  };
  EXPECT_EQ(explore("true", "noquota").status, kHolds);
  EXPECT_EQ(explore("true", "noquota").status, kHolds);
  EXPECT_THAT(explore("test -d .", "noquota").err,
              testing::HasSubstr("belongs to another exploration"));
  EXPECT_THAT(explore("true", "barrier=0").err,
              testing::HasSubstr("belongs to another exploration"));
}

TEST_F(KernelCommandTest, BadOptionsAreNamed) {
  const std::string trace = folder_.File("trace");
  const auto record = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"record", "--fs", "ext4", "-o", trace});
    flags.insert(flags.end(), {"--", "true"});
    return RunTool(flags);
  };
  ExpectError(record({"--size", "1M"}), kUsage, "needs at least 8M");
  ExpectError(record({"--size", "x"}), kUsage, "--size 'x'");
  EXPECT_THAT(record({"--mount", "nonsense"}).err,
              testing::AllOf(testing::HasSubstr("does not mount: EINVAL"),
                             testing::HasSubstr(", mount nonsense)")));
  EXPECT_THAT(record({"--mkfs", "-O nonsense"}).err,
              testing::HasSubstr("mkfs.ext4: "));
  EXPECT_THAT(folder_.Names(), testing::IsEmpty());
}

}  // namespace
}  // namespace powercut
