// BuildWorkload(): what a file means as a whole. The tests check sections, the
// numbering of ops, and what must not appear twice.

#include <gtest/gtest.h>

#include "model/pcut/pcut.h"

namespace powercut {
namespace {

constexpr std::string_view kExample =
    "powercut 1\n"
    "name    FILE_DATA_ONLY does not reach the media\n"
    "backend simfs\n"
    "init\n"
    "  create /f\n"
    "  write  /f 0 2048 fill=7\n"
    "run\n"
    "  write    /f 0 512 fill=1\n"
    "  nt_flush /f file_data_only\n"
    "crash   power\n"
    "allow   /f[0] = 1\n"
    "allow   /f[0] = 7\n"
    "forbid  size /f = 0\n";

// The message with which a file fails that has these lines after `powercut 1`;
// "accepted" if it does not fail.
std::string BuildError(const std::string& lines) {
  const Result<Workload> workload =
      ParseWorkload("powercut 1\n" + lines, "t.pcut");
  if (workload) return "accepted";
  EXPECT_EQ(workload.error().code, ErrorCode::kBadInput);
  return workload.error().message;
}

#define EXPECT_BEGINS(text, beginning) \
  EXPECT_TRUE((text).starts_with(beginning)) << (text)
#define EXPECT_HOLDS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST(BuildWorkload, ExampleHasItsMeaning) {
  const Result<Workload> workload = ParseWorkload(kExample, "dir/example.pcut");
  ASSERT_TRUE(workload) << workload.error().message;
  EXPECT_EQ(workload->file, "dir/example.pcut");
  EXPECT_EQ(workload->name, "FILE_DATA_ONLY does not reach the media");
  EXPECT_EQ(workload->backend, "simfs");
  EXPECT_FALSE(workload->disk);
  EXPECT_EQ(workload->crash_kinds, std::vector<CrashKind>{CrashKind::kPower});
  ASSERT_EQ(workload->init.size(), 2u);
  ASSERT_EQ(workload->run.size(), 2u);
  EXPECT_EQ(workload->cut, 2u);
  EXPECT_EQ(workload->OpNumber(1).kind, OpKind::kCreate);
  EXPECT_EQ(workload->OpNumber(2).Fill(), 7u);
  EXPECT_EQ(workload->OpNumber(3).kind, OpKind::kWrite);
  EXPECT_EQ(workload->OpNumber(4).number, 4u);
  EXPECT_EQ(workload->OpNumber(4).line, 9);
  ASSERT_EQ(workload->outcomes.size(), 3u);
  EXPECT_FALSE(workload->outcomes[2].allow);
  EXPECT_EQ(workload->outcomes[2].line, 13);
}

TEST(BuildWorkload, FaultsBeforeTheSectionsAreArmedAndUncounted) {
  const Result<Workload> workload =
      ParseWorkload("powercut 1\nfault lie on flush\nrun\nsyncfs\n", "t");
  ASSERT_TRUE(workload) << workload.error().message;
  ASSERT_EQ(workload->faults.size(), 1u);
  EXPECT_EQ(workload->faults[0].number, 0u);
  EXPECT_EQ(workload->run[0].number, 1u);
  for (const std::string section : {"init", "run"}) {
    EXPECT_BEGINS(BuildError(section + "\nsyncfs\nfault lie on flush\n"),
                  "t.pcut:4:1: a `fault` stands among the ops; move it before");
  }
}

TEST(BuildWorkload, CutCountsTheOpsBeforeIt) {
  const Result<Workload> workload =
      ParseWorkload("powercut 1\nrun\nsyncfs\ncut\nsyncfs\nsyncfs\n", "t");
  ASSERT_TRUE(workload) << workload.error().message;
  EXPECT_EQ(workload->cut, 1u);
  EXPECT_EQ(workload->run.size(), 3u);
}

TEST(BuildWorkload, RunIsRequired) {
  EXPECT_BEGINS(BuildError("init\n"), "t.pcut:2:1: no `run`");
  EXPECT_EQ(BuildError("run\n"), "accepted");
}

TEST(BuildWorkload, NothingStandsTwice) {
  for (const std::string line :
       {"powercut 1", "name x", "backend x", "disk 1M", "profile ntfs",
        "crash power", "space prefix", "at 1p@0", "run"}) {
    const std::string error = BuildError(
        std::string(line).append("\n").append(line).append("\nrun\n"));
    EXPECT_HOLDS(error, "stands twice, first in line ");
    EXPECT_HOLDS(error, "; remove one of them");
  }
  EXPECT_BEGINS(BuildError("init\ninit\nrun\n"), "t.pcut:3:1: `init` stands");
  EXPECT_BEGINS(BuildError("run\ncut\ncut\n"),
                "t.pcut:4:1: `cut` stands twice");
}

TEST(BuildWorkload, DiskIsWholeSectorsAndBlocksHoldSectors) {
  EXPECT_BEGINS(BuildError("disk 0\nrun\n"), "t.pcut:2:1: the disk's size");
  EXPECT_BEGINS(BuildError("disk 1000\nrun\n"), "t.pcut:2:1: the disk's size");
  EXPECT_BEGINS(BuildError("disk 1536 sector=1024\nrun\n"),
                "t.pcut:2:1: the disk's size");
  EXPECT_BEGINS(BuildError("disk 1M sector=4096 atomic=512\nrun\n"),
                "t.pcut:2:1: a block of 512 bytes");
  EXPECT_EQ(BuildError("disk 1M sector=4096 atomic=4096\nrun\n"), "accepted");
}

TEST(BuildWorkload, OpsStandInSections) {
  EXPECT_BEGINS(BuildError("syncfs\nrun\n"),
                "t.pcut:2:1: an op stands outside");
  EXPECT_BEGINS(BuildError("run\nsyncfs\ncrash os\nfault lie on flush\n"),
                "t.pcut:5:1: an op stands after");
  EXPECT_EQ(BuildError("init\nsyncfs\ncrash os\nrun\nsyncfs\n"), "accepted");
  EXPECT_EQ(BuildError("run\ncrash os\nsyncfs\n"), "accepted");
  EXPECT_BEGINS(BuildError("run\ninit\n"), "t.pcut:3:1: `init` stands after");
  EXPECT_BEGINS(BuildError("cut\nrun\n"), "t.pcut:2:1: `cut` stands outside");
}

TEST(BuildWorkload, WaitHasItsStart) {
  EXPECT_EQ(BuildError("run\nstart 1 syncfs\nsyncfs\nwait 1\n"
                       "start 1 syncfs\n"),
            "accepted");
  EXPECT_BEGINS(BuildError("run\nwait 1\n"), "t.pcut:3:1: `wait 1` has no");
  EXPECT_BEGINS(BuildError("run\nstart 1 syncfs\nwait 1\nwait 1\n"),
                "t.pcut:5:1: `wait 1` has no");
  EXPECT_BEGINS(BuildError("run\nstart 1 syncfs\nstart 1 syncfs\n"),
                "t.pcut:4:1: `start 1` is still under way from line 3");
  EXPECT_BEGINS(BuildError("init\nstart 1 syncfs\nrun\nwait 1\n"),
                "t.pcut:3:1: `start 1` is not ended within `init`");
}

TEST(BuildWorkload, NamesAreDeclaredBeforeTheyAreUsed) {
  EXPECT_BEGINS(BuildError("run\nfsync f\n"),
                "t.pcut:3:7: `f` is not a path, nor the name of a handle");
  EXPECT_BEGINS(BuildError("run\nopen h h\n"), "t.pcut:3:8: `h` is not a path");
  EXPECT_BEGINS(BuildError("run\nclose h\n"), "t.pcut:3:7: `h` is not");
  EXPECT_BEGINS(BuildError("run\nstore v 0 1\n"), "t.pcut:3:7: `v` is not the");
  EXPECT_BEGINS(BuildError("run\nlog_flush L\n"),
                "t.pcut:3:11: `L` is not the");
  EXPECT_BEGINS(BuildError("run\nnt_flush no_sync\n"),
                "t.pcut:3:10: `no_sync`");
  EXPECT_EQ(BuildError("init\nopen h /f\nmap v h 0 1\nlog_open L\nrun\n"
                       "fsync h\nmsync v 0 1\nlog_area L m\nlog_flush L\n"
                       "nt_flush h\nnt_flush volume\nclose h\n"),
            "accepted");
}

TEST(BuildWorkload, ExpectOkStandsAlone) {
  EXPECT_EQ(BuildError("run\nexpect ok\n"), "accepted");
  EXPECT_EQ(BuildError("run\nexpect violation lost\nexpect violation size\n"),
            "accepted");
  EXPECT_BEGINS(BuildError("run\nexpect violation lost\nexpect ok\n"),
                "t.pcut:4:1: `expect ok` stands beside line 3");
  EXPECT_BEGINS(BuildError("run\nexpect ok\nexpect violation lost\n"),
                "t.pcut:4:1: `expect ok` stands beside line 3");
}

TEST(BuildWorkload, OpsFitTheirNumbers) {
  std::string text = "run\n";
  for (int i = 0; i < 65535; ++i) text += "syncfs\n";
  EXPECT_EQ(BuildError(text), "accepted");
  EXPECT_BEGINS(BuildError(text + "syncfs\n"),
                "t.pcut:65538:1: more than 65535");
}

// Each directive that may stand anywhere ends the ops of the section in which
// it stands, be it `init` or `run`, but only once the section has an op.
TEST(BuildWorkload, EachDirectiveEndsTheOpsOfItsSection) {
  const std::vector<std::string> directives = {
      "name x",       "backend simfs",     "profile xfs",
      "space prefix", "at 1p@0",           "crash power",
      "disk 1M",      "allow size /f = 0", "forbid size /f = 9",
      "expect ok"};
  for (const std::string& directive : directives) {
    SCOPED_TRACE(directive);
    const std::string line = directive + "\n";
    const std::string ops = "create /f\nwrite /f 0 1\n";
    const std::string begin = "create /f\n" + line + "write /f 0 1\n";
    const std::string stray = "an op stands after the directives that follow";
    EXPECT_HOLDS(BuildError("init\n" + begin + "run\n"), stray);
    EXPECT_HOLDS(BuildError("init\nmkdir /d\nrun\n" + begin), stray);
    EXPECT_HOLDS(BuildError("run\n" + begin), stray);
    EXPECT_EQ(BuildError("init\n" + line + ops + "run\nunlink /f\n"),
              "accepted");
    EXPECT_EQ(BuildError("init\n" + ops + line + "run\nunlink /f\n"),
              "accepted");
    EXPECT_EQ(BuildError("init\nmkdir /d\nrun\n" + line + ops), "accepted");
    EXPECT_EQ(BuildError("run\n" + line + ops), "accepted");
    EXPECT_EQ(BuildError(line + "run\n" + ops), "accepted");
  }
}

}  // namespace
}  // namespace powercut
