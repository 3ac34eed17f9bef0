// Runs `explore` with checks and with the checkers of the kernel's file
// systems: what they find, what hangs, and what is refused. Each test is
// skipped where ext4 cannot be mounted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/harness/cli/kernel_tool.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

constexpr const char* kTool = POWERCUT_TOOL;

class KernelChecksTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string lacks = MissingResource("ext4");
    if (!lacks.empty()) GTEST_SKIP() << lacks;
  }

  TemporaryFolder folder_;
};

TEST_F(KernelChecksTest, ChecksThatNeverHoldAreRefused) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(
      RunTool({"record", "--fs", "ext4", "-o", trace, "--", "true"}).status,
      kHolds);
  ExpectError(RunTool({"explore", trace, "--quiet", "--check", "exit 7"}),
              kUsage,
              "fails with no crash at all, on what the program left: "
              "exit status 7");
}

// --- checks that hang ------------------------------------------------------

// A check that is killed takes with it all that it started, daemons included.
TEST_F(KernelChecksTest, ChecksThatHangAreFindings) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(RunTool({"record", "--fs", "ext4", "-o", trace, "--", "sh", "-c",
                     "echo x > f; sync f .; echo y > g; sync g ."})
                .status,
            kHolds);
  const std::string marker = "87654.3219";
  const std::string check =
      "test -s f || { setsid sleep " + marker + " & sleep " + marker + "; }";
  const Ended ended = RunTool({"explore", trace, "--quiet", "--space", "prefix",
                               "--check", check, "--check-timeout", "1s"});
  // A process that was killed may take some time to end.
  for (int i = 0; i < 100 && ProcessesWith(marker) > 0; ++i) usleep(100'000);
  EXPECT_EQ(ProcessesWith(marker), 0);
  EXPECT_EQ(ended.status, kViolation) << ended.err;
  EXPECT_THAT(ended.out,
              testing::HasSubstr("violation: hang\n  program    recorded\n"));
  EXPECT_THAT(ended.out,
              testing::HasSubstr("found      recovery hung: the check: no end "
                                 "after 1000 ms (--check-timeout)\n"));
  // The other states were checked.
  EXPECT_THAT(ended.out, testing::HasSubstr(" recoveries run; 1 cause; "));
  const std::vector<std::string> ids = IdsIn(ended.out);
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_THAT(ended.out, testing::HasSubstr(" --check-timeout 1s\n"));
  const Ended replayed = RunTool({"replay", trace, "--at", ids[0], "--check",
                                  check, "--check-timeout", "1s"});
  EXPECT_EQ(replayed.status, kViolation) << replayed.err;
  EXPECT_THAT(replayed.out, testing::HasSubstr("violation: hang"));
}

TEST_F(KernelChecksTest, ChecksThatAlwaysHangAreRefused) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(
      RunTool({"record", "--fs", "ext4", "-o", trace, "--", "true"}).status,
      kHolds);
  const auto explore = [&](const std::string& timeout) {
    return RunTool({"explore", trace, "--quiet", "--check", "sleep 1000",
                    "--check-timeout", timeout});
  };
  ExpectError(explore("100ms"), kUsage,
              "fails with no crash at all, on what the program left: the "
              "check: no end after 100 ms");
  ExpectError(explore("0s"), kUsage, "expected 1ms to 24h");
  ExpectError(explore("25h"), kUsage, "expected 1ms to 24h");
  ExpectError(explore("x"), kUsage, "--check-timeout 'x': expected a time");
}

// --- the file system's own checker -----------------------------------------

TEST_F(KernelChecksTest, CheckersFindNothingInHealthyVolumes) {
  for (const std::string file_system : {"ext4", "xfs", "btrfs"}) {
    if (!MissingResource(file_system).empty()) continue;
    const std::string trace = folder_.File("trace");
    ASSERT_EQ(RunTool({"record", "--fs", file_system, "-o", trace, "--", "sh",
                       "-c", "echo x > f; sync f .; mkdir d; mv f d; sync d"})
                  .status,
              kHolds);
    for (const std::string check : {"", "true"}) {
      std::vector<std::string> words = {"explore", trace,    "--quiet",
                                        "--space", "prefix", "--fsck"};
      if (!check.empty()) words.insert(words.end(), {"--check", check});
      const Ended ended = RunTool(words);
      EXPECT_EQ(ended.status, kHolds) << file_system << ended.out << ended.err;
    }
  }
}

// If ext4 has no journal, a crash leaves damage that only the checker sees: the
// volume mounts, and what was flushed is there.
TEST_F(KernelChecksTest, CheckersFindWhatMountsMiss) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(RunTool({"record", "--fs", "ext4", "--mkfs", "-O ^has_journal",
                     "-o", trace, "--", "sh", "-c",
                     "for i in 1 2 3; do echo $i > f$i; sync; done; rm f1"})
                .status,
            kHolds);
  const auto explore = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"explore", trace, "--quiet", "--space",
                                 "epoch:1", "--check", "true"});
    return RunTool(flags);
  };
  EXPECT_EQ(explore({}).status, kHolds);
  const Ended ended = explore({"--fsck", "--doublecheck", "0.1"});
  EXPECT_EQ(ended.status, kViolation) << ended.err;
  EXPECT_THAT(ended.out, testing::HasSubstr("violation: fsck\n"));
  EXPECT_THAT(ended.out, testing::HasSubstr("found      exit status 4: "));
  EXPECT_THAT(ended.out, testing::HasSubstr(" recoveries run; 1 cause"));
  const size_t line = ended.out.find("powercut replay ");
  ASSERT_NE(line, std::string::npos);
  const std::string words =
      ended.out.substr(line + 16, ended.out.find('\n', line) - line - 16);
  EXPECT_THAT(words, testing::EndsWith(" --check true --fsck"));
  const Ended replayed =
      Subprocess({"/bin/sh", "-c", std::string(kTool) + " replay " + words})
          .Wait();
  EXPECT_EQ(replayed.status, kViolation) << words << replayed.err;
  EXPECT_THAT(replayed.out, testing::HasSubstr("violation: fsck\n"));
}

TEST_F(KernelChecksTest, CheckersThatAreMissingAreNamed) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(
      RunTool({"record", "--fs", "ext4", "-o", trace, "--", "true"}).status,
      kHolds);
  const std::string hide =
      "for f in /sbin/e2fsck /usr/sbin/e2fsck; do "
      "mount --bind /dev/null $(readlink -f $f); done; exec ";
  const Ended ended =
      Subprocess({"/usr/bin/unshare", "-m", "/bin/sh", "-c",
                  hide + kTool + " explore --quiet --fsck " + trace})
          .Wait();
  ExpectError(ended, kCannotRun,
              "trace: --fsck: e2fsck is missing: install e2fsprogs");
  const std::string workload =
      folder_.Write("a.pcut", "powercut 1\ninit\nrun\ncreate /a\n");
  ExpectError(RunTool({"explore", "--fsck", workload}), kUsage,
              "--fsck is of traces");
  const std::string simfs = folder_.File("simfs.trace");
  ASSERT_EQ(
      RunTool({"show", workload, "--backend", "simfs", "--save", simfs}).status,
      kHolds);
  ExpectError(RunTool({"explore", "--fsck", simfs}), kCannotRun,
              "powercut knows no checker of simfs");
}

// --- what a kernel cannot do, or does in its own way -------------------------

// What a dying process leaves in the page cache is in no recording.
TEST_F(KernelChecksTest, CrashesOfProcessesAreRefused) {
  const std::string trace = folder_.File("trace");
  ASSERT_EQ(RunTool({"record", "--fs", "ext4", "-o", trace, "--", "touch", "f"})
                .status,
            kHolds);
  const Ended shown = RunTool({"show", trace});
  const std::string digest =
      shown.out.substr(shown.out.find("recording ") + 10, 8);
  for (const char* verb : {"replay", "explain"}) {
    ExpectError(RunTool({verb, trace, "--at", "1k@" + digest}), kCannotRun,
                "ext4 cannot show a process crash");
  }
}

// fdatasync of a file that lives in its inode makes nothing durable.
TEST_F(KernelChecksTest, DataInTheInodeIsLostByFdatasync) {
  const std::string file =
      folder_.Write("w.pcut",
                    "powercut 1\ninit\n  create /i\n  write /i 0 50 fill=7\n"
                    "run\n  write /i 0 50 fill=1\n  fdatasync /i\n");
  const auto check = [&](const std::string& mkfs) {
    return RunTool({"check", "--quiet", "--backend", "ext4", "--space",
                    "prefix", "--mkfs", mkfs, file});
  };
  EXPECT_EQ(check("-I 256").status, kHolds);
  const Ended lost = check("-I 256 -O inline_data");
  EXPECT_EQ(lost.status, kViolation) << lost.err;
  EXPECT_THAT(lost.out, testing::HasSubstr(
                            "cause      lost/bystander/fdatasync/fdatasync"));
}

// The kernel itself refuses a write through a descriptor for reading.
TEST_F(KernelChecksTest, WritesThroughHandlesForReadingFail) {
  const auto check = [&](const char* expected) {
    return RunTool(
        {"check", "--quiet", "--backend", "ext4", "--space", "prefix",
         folder_.Write("w.pcut", std::string("powercut 1\ninit\n  create /g\n"
                                             "run\n  open r /g read_only\n"
                                             "  write r 0 10") +
                                     expected + "\n")});
  };
  EXPECT_EQ(check(" -> EBADF").status, kHolds);
  ExpectError(check(""), kUsage, "`write r 0 10` returned EBADF");
}

// Each shard, and each continuation, would record another run.
TEST_F(KernelChecksTest, PartsOfAnExplorationNeedOneRecording) {
  const std::string file =
      folder_.Write("w.pcut", "powercut 1\nrun\n  create /a\n  fsync /a\n");
  for (const auto& [flag, value] :
       {std::pair<std::string, std::string>{"--shard", "1/2"},
        {"--resume", folder_.File("runs")}}) {
    ExpectError(
        RunTool({"check", "--quiet", "--backend", "ext4", file, flag, value}),
        kUsage, flag + " needs one recording");
    const std::string trace = folder_.File("w.trace");
    ASSERT_EQ(
        RunTool({"show", "--backend", "ext4", "--save", trace, file}).status,
        kHolds);
    EXPECT_EQ(
        RunTool({"explore", "--quiet", "--space", "prefix", trace, flag, value})
            .status,
        kHolds);
  }
}

// A file system that gives up a change half way, after an error that it was
// told of, is explored all the same.
TEST_F(KernelChecksTest, ChangesThatAreGivenUpHalfWayAreExplored) {
  if (const std::string lacks = MissingResource("btrfs"); !lacks.empty()) {
    GTEST_SKIP() << lacks;
  }
  const std::string file = folder_.Write(
      "w.pcut",
      "powercut 1\ninit\n  create /c\n  write /c 0 9000 fill=1\nrun\n"
      "  create /c.1\n  write /c.1 0 9000 fill=2\n  fdatasync /c.1\n"
      "  rename /c.1 /c\n");
  const Ended ended =
      RunTool({"check", "--quiet", "--backend", "btrfs", "--space", "prefix",
               "--fault", "error on flush nth=1", file});
  EXPECT_EQ(ended.status, kHolds) << ended.out << ended.err;
}

}  // namespace
}  // namespace powercut
