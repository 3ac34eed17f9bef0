// Calls of programs that are made to fail: the recording holds the failures,
// and each world has its own rules for what they leave.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/programs/tool_by_user.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProgramFailuresTest : public ToolByUserTest,
                            public testing::WithParamInterface<User> {
 protected:
  ProgramFailuresTest() : ToolByUserTest(GetParam()) {}
};

// A failing fsync is told to the program, and the recording with it is explored
// as it is.
TEST_P(ProgramFailuresTest, SyncsCanFail) {
  const std::string program = Script(
      "fails.sh", "echo text >f; sync f || echo failed >>$POWERCUT_ACKS");
  const Ended made =
      Tool("record --fault 'error on flush nth=1' -o f.trace -- " + program);
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr(" 1 ack"));
  EXPECT_EQ(Tool("explore --quiet f.trace --check true").status, 0);
  const Ended other =
      Tool("explore --quiet f.trace --check true --profile xfs");
  EXPECT_EQ(other.status, 129);
  EXPECT_THAT(other.err, HasSubstr("a fault fell on the disk"));
}

// dd ends with the error of a write, and writes the rest after a short one.
TEST_P(ProgramFailuresTest, WritesCanFailBeFullOrBeShort) {
  const std::string program = Script(
      "dd.sh", "dd if=/dev/zero of=f bs=1000 count=3 2>&1; stat -c %s f");
  const auto record = [&](const std::string& fail) {
    return Tool("record -o f.trace --fail " + fail + " -- " + program).out;
  };
  const std::string failed = record("write,after=1");
  EXPECT_THAT(failed, HasSubstr("Input/output error"));
  EXPECT_THAT(failed, HasSubstr("\n1000\n"));
  const std::string full = record("full,after=2");
  EXPECT_THAT(full, HasSubstr("No space left on device"));
  EXPECT_THAT(full, HasSubstr("\n2000\n"));
  EXPECT_THAT(record("short,after=1"), HasSubstr("\n3000\n"));
  const std::string calls = Tool("show f.trace").out;
  EXPECT_THAT(calls, HasSubstr("write /f 1000 500 (dd)"));
  EXPECT_THAT(calls, HasSubstr("write /f 1500 500 (dd)"));
  EXPECT_THAT(record("short,after=3"), HasSubstr("\n3000\n"));
  EXPECT_THAT(Tool("show f.trace").out, Not(HasSubstr(" 500 (dd)")));
}

// A sync that fails is in the calls, so that it fails in every world; a sync
// that lies is believed by the program.
TEST_P(ProgramFailuresTest, CallsThatFailAreExploredInEveryWorld) {
  const std::string program =
      Script("syncs.sh",
             "echo old >f; sync -f .; echo powercut:start >>$POWERCUT_ACKS\n"
             "echo new >>f\n"
             "sync f && echo synced >>$POWERCUT_ACKS; true");
  const std::string check =
      "--check 'grep -q new f || [ ! -s $POWERCUT_ACKED ]'";
  const auto run = [&](const std::string& fail) {
    return Tool("run --quiet --profile linux-man,xfs -o f.trace " + fail + " " +
                check + " -- " + program);
  };
  EXPECT_EQ(run("").status, 0);
  // The program hears of the failure and acknowledges nothing.
  const Ended failed = run("--fail sync,after=1");
  EXPECT_EQ(failed.status, 0) << failed.out << failed.err;
  EXPECT_THAT(failed.out, HasSubstr(" 0 acks"));
  EXPECT_THAT(Tool("show f.trace").out, HasSubstr("(sync) returned EIO"));
  const Ended lied = run("--fail lie,after=1");
  EXPECT_EQ(lied.status, 1) << lied.out << lied.err;
  EXPECT_THAT(lied.out, HasSubstr("linux-man       violation"));
  EXPECT_THAT(lied.out, HasSubstr("xfs             violation"));
  EXPECT_THAT(Tool("show f.trace").out, HasSubstr("(sync) lied"));
}

// A recording whose disk or calls failed is replayed and explained by the lines
// that are printed.
TEST_P(ProgramFailuresTest, FailuresAreReplayedWithTheFault) {
  const std::string program = Script(
      "log.sh", "echo one >log; sync log; sync log; echo one >>$POWERCUT_ACKS");
  const std::string check =
      "--check '[ ! -s $POWERCUT_ACKED ] || grep -qs one log'";
  for (const char* const fault :
       {"--fail sync", "--fault \"lie on flush times=always\""}) {
    ASSERT_EQ(Tool(std::string("record --profile xfs -o f.trace ") + fault +
                   " -- " + program)
                  .status,
              0)
        << fault;
    const Ended explored = Tool("explore --quiet f.trace " + check);
    EXPECT_EQ(explored.status, 1) << explored.out << explored.err;
    const std::string flag = "f.trace --at ";
    const size_t at = explored.out.find(flag);
    ASSERT_NE(at, std::string::npos) << explored.out;
    const std::string state =
        explored.out.substr(at, explored.out.find(' ', at + flag.size()) - at);
    for (const char* const verb : {"replay --quiet ", "explain "}) {
      const Ended again = Tool(verb + state + " " + check);
      EXPECT_EQ(again.status, 1) << verb << fault << again.out << again.err;
      EXPECT_THAT(again.err, Not(HasSubstr("internal error"))) << verb << fault;
    }
  }
}

// A sync that is tried again after it failed returns, and need not keep what
// the failed one was to keep.
TEST_P(ProgramFailuresTest, WhatAFailedSyncLostIsNotCalledSynced) {
  const std::string program =
      Script("again.sh",
             "echo old >f; sync f .; echo powercut:start >>$POWERCUT_ACKS\n"
             "echo new >>f; sync f 2>/dev/null; sync f\n"
             "echo new >>$POWERCUT_ACKS\n");
  const std::string check = Script(
      "check.sh", "! grep -q new $POWERCUT_ACKED || grep -q new f || exit 1\n");
  ASSERT_EQ(Tool("record --fail sync,after=2 -o r.trace -- " + program).status,
            0);
  const Ended lost =
      Tool("explore --quiet --jobs 1 r.trace --profile ext4-ordered --check '" +
           check + "'");
  EXPECT_EQ(lost.status, 1) << lost.err;
  EXPECT_THAT(lost.out, HasSubstr("although `fsync /f` (sync) had returned, "
                                  "with EIO\n"));
  EXPECT_THAT(lost.out,
              HasSubstr("missing    no sync: `fsync /f` failed, and later "
                        "ones need not keep what it was to keep, the data of "
                        "/f; write that again\n"));
}

// The name of a new file was to be kept by the sync of the file, so that a sync
// of the directory comes too late.
TEST_P(ProgramFailuresTest, WhatAFailedSyncWasToKeepLacksNoOtherSync) {
  const std::string program =
      Script("new.sh",
             "sync .; echo powercut:start >>$POWERCUT_ACKS\n"
             "echo new >f; sync f 2>/dev/null; sync f\n"
             "echo new >>$POWERCUT_ACKS\n");
  const std::string check = Script(
      "check.sh", "! grep -q new $POWERCUT_ACKED || [ -e f ] || exit 1\n");
  const auto missing_under = [&](const std::string& profile,
                                 const std::string& fails) {
    EXPECT_EQ(
        Tool("record --fail " + fails + " -o r.trace -- " + program).status, 0);
    const Ended lost = Tool("explore --quiet --jobs 1 r.trace --profile " +
                            profile + " --check '" + check + "'");
    EXPECT_EQ(lost.status, 1) << profile << lost.err;
    const size_t at = lost.out.find("missing ");
    if (at == std::string::npos) return lost.out;
    return lost.out.substr(at, lost.out.find('\n', at) - at);
  };
  constexpr const char* kFailed =
      "missing    no sync: `fsync /f` failed, and later ones need not keep "
      "what "
      "it was to keep, the name of /f; do that again";
  EXPECT_EQ(missing_under("ext4-ordered", "sync,after=1"), kFailed);
  EXPECT_EQ(missing_under("btrfs", "sync,after=1"), kFailed);
  // Here a sync of the file keeps no name, whether it fails or not.
  EXPECT_EQ(missing_under("posix-minimal", "sync,after=1"),
            "missing    fsync /, which would have kept the name of /f");
}

TEST_P(ProgramFailuresTest, AFailureThatNoCallCouldHaveIsNoted) {
  const std::string program = Script("one.sh", "echo one >f; sync f");
  const auto note = [&](const std::string& flags) {
    return Tool("record -o f.trace " + flags + " -- " + program).err;
  };
  EXPECT_THAT(note("--fail lie,after=99"),
              HasSubstr("1 of the failures of --fail never fired"));
  EXPECT_EQ(note("--fail lie"), "");
  EXPECT_EQ(note(""), "");
}

TEST_P(ProgramFailuresTest, PlannedFailuresOfAnotherFormAreRefused) {
  for (const char* const wrong :
       {"other", "sync,", "sync,after", "sync,after=x", "sync,count=0",
        "sync,after=1000001", "sync,nth=1"}) {
    const Ended ended =
        Tool(std::string("record -o f.trace --fail ") + wrong + " -- true");
    EXPECT_EQ(ended.status, 129) << wrong;
    EXPECT_THAT(ended.err, HasSubstr("expected sync, write, full, short"));
  }
  EXPECT_THAT(Tool("record -o f.trace --fail sync --fail sync -- true").err,
              HasSubstr("planned twice"));
  EXPECT_THAT(Tool("record -o f.trace --fs ext4 --fail sync -- true").err,
              HasSubstr("--fail is of --fs simfs"));
  EXPECT_THAT(
      Tool("record -o f.trace --fail sync --fault 'error on flush' -- true")
          .err,
      HasSubstr("cannot be given together"));
}

INSTANTIATE_TEST_SUITE_P(Users, ProgramFailuresTest,
                         testing::Values(User::kOwn, User::kNobody),
                         [](const auto& param) { return NameOf(param.param); });

}  // namespace
}  // namespace powercut
