// Programs that misbehave, and a tool that is killed: there is a clear verdict,
// and nothing is left behind.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/programs/tool_by_user.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using testing::HasSubstr;
using testing::Not;

class HostileTest : public ToolByUserTest,
                    public testing::WithParamInterface<User> {
 protected:
  HostileTest() : ToolByUserTest(GetParam()) {}

  void SetUp() override {
    ToolByUserTest::SetUp();
    if (IsSkipped()) return;
    lock_ =
        open(folder_.File("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    ASSERT_GE(lock_, 0);
    ASSERT_EQ(mkfifo(folder_.File("told").c_str(), 0666), 0);
    OpenToAll("lock");
    OpenToAll("told");
  }
  void TearDown() override { close(lock_); }

  // What a program says through the fifo `told`. Waits for it.
  std::string Told() {
    std::ifstream in(folder_.File("told"));
    std::string line;
    std::getline(in, line);
    return line;
  }

  // As long as any process that a program started holds the lock, nobody else
  // gets it.
  int lock_ = -1;
};

// The daemon has a session of its own and ignores what it can.
std::string DaemonWithLock(const std::string& lock) {
  return "setsid sh -c 'trap \"\" TERM HUP INT; exec 9>" + lock +
         "; flock -x 9; while true; do echo x >> log; done' &\n";
}

TEST_P(HostileTest, ADaemonEndsWithItsProgram) {
  const std::string lock = folder_.File("lock");
  const std::string program =
      Script("daemon.sh", "echo begun > begun\n" + DaemonWithLock(lock) +
                              "while flock -n " + lock +
                              " true; do :; done\n"
                              "echo held >> $POWERCUT_ACKS\n");
  const Ended run = Tool("record -o t.trace -- " + program);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("1 ack"));
  EXPECT_EQ(flock(lock_, LOCK_EX | LOCK_NB), 0);
}

TEST_P(HostileTest, AProgramThatNeverEndsIsKilled) {
  const std::string program =
      Script("endless.sh", "flock -x " + folder_.File("lock") +
                               " sh -c 'while true; do echo x >> log; done'\n");
  const Ended run = Tool("record --timeout 500ms -o t.trace -- " + program);
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("the program was killed: no end after 500 ms "
                                 "(--timeout)"));
  EXPECT_EQ(flock(lock_, LOCK_EX | LOCK_NB), 0);
}

// What did not fit on the disk is no part of the recording, which is explored
// under profiles that write more, too.
TEST_P(HostileTest, AFullDiskIsExploredAsFarAsItWent) {
  const std::string program = Script(
      "fill.sh",
      "while dd if=/dev/zero bs=16k count=1 >> f; do :; done 2>/dev/null\n"
      "mkdir late 2>/dev/null && echo late\n"
      "cat f > /dev/null\n");
  const Ended run = Tool("record --size 1M -o t.trace -- " + program);
  EXPECT_EQ(run.status, 3) << run.err;
  EXPECT_THAT(run.err, HasSubstr("the disk is full"));
  EXPECT_THAT(run.out, Not(HasSubstr("late")));
  const Ended explored = Tool(
      "explore t.trace --space prefix --jobs 1 --profile linux --check true");
  EXPECT_EQ(explored.status, 0) << explored.err;
  EXPECT_THAT(explored.out, Not(HasSubstr("unknown")));
}

TEST_P(HostileTest, AProgramCannotEndTheProcessAboveIt) {
  const std::string program =
      Script("kill.sh",
             ": >f; kill -9 1; kill -9 $PPID; kill -9 -1\n"
             "umount -l \"$PWD\" 2>/dev/null\n"
             "echo here >> $POWERCUT_ACKS\n");
  const Ended run = Tool("record -o t.trace -- " + program);
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("1 ack"));
}

// Writes without end, with the lock, and tells the number of the process above
// it, as the machine counts processes.
std::string WriterThatTells(const TemporaryFolder& folder) {
  return "exec 9>" + folder.File("lock") +
         "; flock -x 9\n"
         "for i in 1 2 3 4; do\n"
         "  (while true; do head -c 200000 /dev/zero > f$i; done) &\n"
         "done\n"
         "read -r own name state above rest < /proc/self/stat\n"
         "echo $above > " +
         folder.File("told") + "\nwait\n";
}

// Whether a program waits for an answer at that moment is chance, so that it is
// tried several times.
TEST_P(HostileTest, ToolEndsIfSomebodyKillsTheProcessThatRunsPrograms) {
  const std::string program = Script("writer.sh", WriterThatTells(folder_));
  for (int i = 0; i < 10; ++i) {
    Subprocess tool =
        Starts("exec " POWERCUT_TOOL " record -o t.trace -- " + program);
    const pid_t above = std::stoi(Told());
    ASSERT_GT(above, 1);
    kill(above, SIGKILL);
    const Ended ended = tool.Wait();
    EXPECT_GE(ended.status, 124) << ended.out;
    EXPECT_THAT(ended.err, HasSubstr("the process that runs programs is gone, "
                                     "killed by SIGKILL"));
    ASSERT_EQ(flock(lock_, LOCK_EX | LOCK_NB), 0);
    ASSERT_EQ(flock(lock_, LOCK_UN), 0);
  }
}

TEST_P(HostileTest, NothingIsLeftOfAToolThatIsKilled) {
  Subprocess tool = Starts("exec " POWERCUT_TOOL " record -o t.trace -- " +
                           Script("writer.sh", WriterThatTells(folder_)));
  ASSERT_NE(Told(), "");
  tool.Signal(SIGKILL);
  EXPECT_EQ(tool.Wait().status, -1);
  // Waits until no process of the program is left.
  EXPECT_EQ(flock(lock_, LOCK_EX), 0);
}

INSTANTIATE_TEST_SUITE_P(Users, HostileTest,
                         testing::Values(User::kOwn, User::kNobody),
                         [](const auto& param) { return NameOf(param.param); });

}  // namespace
}  // namespace powercut
