// Runs `record` and `explore` with programs that freeze, swap on or unmount the
// volume, with processes that somebody stops, and where the machine lets
// powercut have too little. Each test is skipped where ext4 is missing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/harness/cli/tool_output.h"
#include "tests/harness/system/killer.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kTool = POWERCUT_TOOL;

class KernelSurroundingsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string doctor = RunTool({"doctor"}).out;
    if (doctor.find("\next4       ready") == std::string::npos) {
      GTEST_SKIP() << doctor;
    }
  }

  Ended Record(const std::string& program) const {
    return RunTool({"record", "--fs", "ext4", "-o", folder_.File("trace"), "--",
                    "sh", "-c", program});
  }
  Ended Explore(const std::string& check) const {
    return RunTool({"explore", folder_.File("trace"), "--quiet", "--space",
                    "prefix", "--check-timeout", "20s", "--check", check});
  }

  const TemporaryFolder folder_;
};

// A write to a frozen volume would wait in the kernel, where no signal reaches
// it.
TEST_F(KernelSurroundingsTest, NobodyFreezesTheVolume) {
  ASSERT_EQ(Record("echo x > f; sync f .").status, kHolds);
  const Ended explored = Explore(
      "fsfreeze -f . 2>&1 | grep -q 'Operation not permitted' && echo y > g");
  EXPECT_EQ(explored.status, kHolds) << explored.out << explored.err;
  const Ended recorded =
      Record("fsfreeze -f . && echo frozen > $POWERCUT_ACKS; echo x > f");
  EXPECT_EQ(recorded.status, kHolds) << recorded.err;
  EXPECT_THAT(recorded.out, HasSubstr(", 0 acks\n"));
}

TEST_F(KernelSurroundingsTest, NobodySwapsOnTheVolume) {
  const Ended recorded = Record(
      "head -c 1048576 /dev/zero > s; chmod 600 s; mkswap s > /dev/null; "
      "swapon $PWD/s && echo swaps > $POWERCUT_ACKS; true");
  EXPECT_EQ(recorded.status, kHolds) << recorded.err;
  EXPECT_THAT(recorded.out, HasSubstr(", 0 acks\n"));
  EXPECT_THAT(recorded.err, HasSubstr("Operation not permitted"));
}

TEST_F(KernelSurroundingsTest, AProgramThatUnmountsIsNamed) {
  const Ended recorded = Record("cd /; umount /mnt/volume");
  ExpectError(recorded, kUsage,
              "ext4: after the program, the volume does not stay mounted; the "
              "program unmounted it");
}

TEST_F(KernelSurroundingsTest, ProgramsHaveTheEnvironmentOfTheTool) {
  const Ended recorded =
      Subprocess({"/bin/sh", "-c",
                  std::string("KEPT=kept POWERCUT_ACKS=/nowhere exec ") +
                      kTool + " record --fs ext4 -o " + folder_.File("trace") +
                      " -- sh -c 'test $KEPT = kept && "
                      "test $(env | grep -c ^POWERCUT_ACKS=) = 1 && "
                      "echo a > $POWERCUT_ACKS'"})
          .Wait();
  EXPECT_EQ(recorded.status, kHolds) << recorded.err;
  EXPECT_THAT(recorded.out, HasSubstr(", 1 ack"));
}

// The limit holds for what the check writes, too, whose EFBIG would look like a
// failure of the storage.
TEST_F(KernelSurroundingsTest, ALimitOnFilesIsNoFinding) {
  ASSERT_EQ(Record("echo x > f; sync f .").status, kHolds);
  // In units of 512 bytes: enough for a message, too little for a disk.
  const Ended ended = Subprocess({"/bin/sh", "-c",
                                  std::string("ulimit -f 8; exec ") + kTool +
                                      " explore --space prefix --quiet " +
                                      folder_.File("trace")})
                          .Wait();
  ExpectError(ended, kCannotRun, "run `ulimit -f unlimited` first");
}

TEST_F(KernelSurroundingsTest, TooFewDescriptorsAreNamed) {
  ASSERT_EQ(Record("true").status, kHolds);
  bool any = false;
  for (int most = 4; most < 24; ++most) {
    const Ended ended =
        Subprocess(
            {"/bin/sh", "-c",
             "ulimit -n " + std::to_string(most) + "; exec " + kTool +
                 " explore --space prefix --quiet --jobs 1 --check true " +
                 folder_.File("trace")})
            .Wait();
    if (ended.status == kHolds) continue;
    EXPECT_TRUE(ended.status == kCannotRun || ended.status == kUsage ||
                ended.status == 127)
        << most << ": " << ended.status << ended.out << ended.err;
    EXPECT_THAT(ended.out, IsEmpty()) << most;
    EXPECT_THAT(ended.err, Not(HasSubstr("none is free")));
    any = any || ended.err.find("(`ulimit -n`)") != std::string::npos;
  }
  EXPECT_TRUE(any);
}

// Recoveries may be traced or served; where the kernel cannot trace, nobody
// notices but for the time.
TEST_F(KernelSurroundingsTest, EveryWayToTheDiskReportsTheSame) {
  ASSERT_EQ(
      Record("for i in 1 2 3 4; do echo $i > f$((i % 2)); sync .; done").status,
      kHolds);
  const std::string explore = std::string(kTool) + " explore " +
                              folder_.File("trace") +
                              " --quiet --space epoch:1 --jobs 2"
                              " --check 'test ! -e f1 || grep -q . f1'";
  const auto run = [](const std::string& script) {
    return Subprocess({"/bin/sh", "-c", script}).Wait();
  };
  const Ended usual = run(explore);
  EXPECT_THAT(usual.out, HasSubstr("recoveries run"));
  const std::string without_tracefs =
      "mount -t tmpfs none /sys/kernel/tracing; "
      "mount -t tmpfs none /sys/kernel/debug; ";
  for (const std::string& script : {"POWERCUT_KERNEL_DISK=served " + explore,
                                    "unshare -m sh -c '" + without_tracefs +
                                        "exec \"$@\"' sh " + explore}) {
    const Ended other = run(script);
    EXPECT_EQ(other.status, usual.status) << script << other.err;
    EXPECT_EQ(other.out, usual.out) << script;
    EXPECT_EQ(other.err, usual.err) << script;
  }
  ExpectError(run("POWERCUT_KERNEL_DISK=copied unshare -m sh -c '" +
                  without_tracefs + "exec \"$@\"' sh " + explore),
              kCannotRun, "the requests of block devices cannot be traced");
  ExpectError(run("POWERCUT_KERNEL_DISK=fast " + explore), kCannotRun,
              "`fast` is neither `served` nor `copied`");
}

// Refuses a system call of this thread, and of all that it starts, for ever.
void RefuseCall(uint32_t number, uint32_t error) {
  sock_filter steps[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {std::size(steps), steps};
  ASSERT_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), 0);
}

// Runs a shell whose processes cannot make a call.
Ended RunWithoutCall(uint32_t number, uint32_t error,
                     const std::string& script) {
  Ended ended;
  std::thread refused([&] {
    RefuseCall(number, error);
    ended = Subprocess({"/bin/sh", "-c", script}).Wait();
  });
  refused.join();
  return ended;
}

// A container and perf_event_paranoid refuse to trace with EPERM, a kernel
// without perf events with ENOSYS. Kernels before 6.5 have no cachestat(2).
TEST_F(KernelSurroundingsTest, WhereTheKernelRefusesDisksAreServed) {
  ASSERT_EQ(
      Record("for i in 1 2 3 4; do echo $i > f$((i % 2)); sync .; done").status,
      kHolds);
  const std::string explore = std::string(kTool) + " explore " +
                              folder_.File("trace") +
                              " --quiet --space epoch:1 --jobs 2"
                              " --check 'test ! -e f1 || grep -q . f1'";
  const Ended usual = Subprocess({"/bin/sh", "-c", explore}).Wait();
  EXPECT_THAT(usual.out, HasSubstr("recoveries run"));
  constexpr uint32_t kCachestat = 451;
  struct Refused {
    uint32_t number;
    uint32_t error;
    const char* lacks;
  };
  for (const Refused& refused :
       {Refused{SYS_perf_event_open, EPERM, "block devices cannot be traced"},
        Refused{SYS_perf_event_open, ENOSYS, "block devices cannot be traced"},
        Refused{kCachestat, ENOSYS, "this kernel has no cachestat(2)"}}) {
    const Ended other = RunWithoutCall(refused.number, refused.error, explore);
    EXPECT_EQ(other.status, usual.status) << refused.lacks << other.err;
    EXPECT_EQ(other.out, usual.out) << refused.lacks;
    EXPECT_EQ(other.err, usual.err) << refused.lacks;
    // The call was refused indeed.
    ExpectError(RunWithoutCall(refused.number, refused.error,
                               "POWERCUT_KERNEL_DISK=copied " + explore),
                kCannotRun, refused.lacks);
  }
}

// Each traces its own devices only.
TEST_F(KernelSurroundingsTest, TwoExplorationsDoNotMeet) {
  ASSERT_EQ(Record("for i in 1 2 3 4; do echo $i > f; sync f; done").status,
            kHolds);
  const std::vector<std::string> words = {kTool,
                                          "explore",
                                          folder_.File("trace"),
                                          "--quiet",
                                          "--jobs",
                                          "2",
                                          "--space",
                                          "prefix",
                                          "--check",
                                          "grep -q . f 2>/dev/null || true"};
  const Ended alone = Subprocess(words).Wait();
  EXPECT_EQ(alone.status, kHolds);
  const Subprocess one(words);
  const Subprocess two(words);
  for (const Subprocess* process : {&one, &two}) {
    const Ended ended = process->Wait();
    EXPECT_EQ(ended.status, alone.status) << ended.err;
    EXPECT_EQ(ended.out, alone.out);
  }
}

int LoopDevicesInUse() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/block")) {
    std::error_code ignored;
    count +=
        std::filesystem::exists(entry.path() / "loop/backing_file", ignored)
            ? 1
            : 0;
  }
  return count;
}

// Tracing and the copies of disks end with the processes that use them.
TEST_F(KernelSurroundingsTest, KillsOfExplorationsLeaveNothing) {
  ASSERT_EQ(Record("for i in 1 2 3 4; do echo $i > f; sync f; done").status,
            kHolds);
  const int loops_before = LoopDevicesInUse();
  const timespec pause = {.tv_sec = 0, .tv_nsec = 1'000'000};
  for (int i = 0; i < 60; ++i) {
    const Subprocess tool({kTool, "explore", folder_.File("trace"), "--quiet",
                           "--space", "epoch:1", "--jobs", "2", "--check",
                           "true"});
    for (int ms = 0; ms < 2 * i; ++ms) nanosleep(&pause, nullptr);
    tool.Signal(SIGKILL);
    EXPECT_EQ(tool.Wait().status, -1);
  }
  for (int ms = 0; ms < 5000 && LoopDevicesInUse() > loops_before; ++ms) {
    nanosleep(&pause, nullptr);
  }
  EXPECT_LE(LoopDevicesInUse(), loops_before);
  EXPECT_THAT(folder_.Names(), testing::ElementsAre("trace"));
}

TEST_F(KernelSurroundingsTest, DoctorKnowsCapabilities) {
  const Ended ended =
      Subprocess({"/usr/bin/setpriv", "--bounding-set", "-sys_admin",
                  "--inh-caps", "-sys_admin", kTool, "doctor"})
          .Wait();
  EXPECT_THAT(ended.out,
              HasSubstr("ext4       missing  kernel file systems take "
                        "the capability CAP_SYS_ADMIN"));
}

// All descendants of the tool: the fork server, workers, mounters, checks.
std::vector<pid_t> DescendantsOf(pid_t root) {
  std::vector<pid_t> all = ChildrenOf(root);
  for (size_t i = 0; i < all.size(); ++i) {
    for (const pid_t child : ChildrenOf(all[i])) all.push_back(child);
  }
  return all;
}

bool IsTheTool(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/cmdline");
  std::string word;
  return std::getline(in, word, '\0') && word == kTool;
}

TEST_F(KernelSurroundingsTest, StoppedProcessesGoOn) {
  ASSERT_EQ(Record("for i in 1 2 3 4; do echo x > f$i; sync f$i; done").status,
            kHolds);
  const std::vector<std::string> words = {
      kTool,       "explore", folder_.File("trace"),
      "--quiet",   "--jobs",  "2",
      "--space",   "prefix",  "--check",
      "sleep 0.05"};
  const Ended left_alone = Subprocess(words).Wait();
  const Subprocess tool(words);
  int stopped = 0;
  const timespec pause = {.tv_sec = 0, .tv_nsec = 20'000'000};
  for (int i = 0; i < 100 && stopped < 8; ++i) {
    nanosleep(&pause, nullptr);
    for (const pid_t process : DescendantsOf(ChildrenOf(getpid()).at(0))) {
      if (!IsTheTool(process)) continue;
      stopped += kill(process, SIGSTOP) == 0 ? 1 : 0;
    }
  }
  const Ended ended = tool.Wait();
  EXPECT_GT(stopped, 0);
  EXPECT_EQ(ended.status, left_alone.status);
  EXPECT_EQ(ended.out, left_alone.out);
}

}  // namespace
}  // namespace powercut
