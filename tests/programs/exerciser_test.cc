// Programs see on simfs what they see on a file system of the kernel: the
// exerciser prints the same there and in a folder of this machine.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/subprocess.h"

namespace powercut {
namespace {

constexpr const char* kPython = "/usr/bin/python3";

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class ProgramOnSimfsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access("/dev/fuse", R_OK | W_OK) != 0) {
      GTEST_SKIP() << "/dev/fuse cannot be opened";
    }
    if (access(kPython, X_OK) != 0) GTEST_SKIP() << kPython << " is missing";
  }

  Ended Shell(const std::string& line) {
    return Subprocess(
               {"/bin/sh", "-c", "cd " + folder_.File(".") + " && " + line})
        .Wait();
  }

  TemporaryFolder folder_;
};

class ExerciserTest : public ProgramOnSimfsTest,
                      public testing::WithParamInterface<int> {};

// Compares call by call, so that a failure names the first call that differs.
void ExpectSame(const std::string& there, const std::string& on_simfs) {
  const std::vector<std::string> wanted = LinesOf(there);
  const std::vector<std::string> found = LinesOf(on_simfs);
  for (size_t i = 0; i < wanted.size() && i < found.size(); ++i) {
    ASSERT_EQ(found[i], wanted[i]) << "line " << i + 1;
  }
  EXPECT_EQ(found.size(), wanted.size());
}

TEST_P(ExerciserTest, SimfsAnswersAsTheKernelDoes) {
  constexpr int kCalls = 400;
  const std::string exerciser =
      std::string(kPython) +
      " " POWERCUT_SOURCE_DIR "/tests/programs/exerciser.py " +
      std::to_string(GetParam()) + " " + std::to_string(kCalls);
  std::filesystem::create_directory(folder_.File("there"));
  const Ended there =
      Shell(exerciser + " " + folder_.File("there") + " >wanted");
  ASSERT_EQ(there.status, 0) << there.err;
  const Ended simfs = Shell(POWERCUT_TOOL " record -o t.trace -- sh -c '" +
                            exerciser + " >" + folder_.File("found") + "'");
  ASSERT_EQ(simfs.status, 0) << simfs.out << simfs.err;
  const std::string wanted = folder_.Read("wanted");
  ASSERT_GT(LinesOf(wanted).size(), kCalls);
  ExpectSame(wanted, folder_.Read("found"));
}

// The kernel tells of a call the thread that made it, and no process.
TEST_F(ProgramOnSimfsTest, TheSyncfsOfAThreadCounts) {
  const std::string program = folder_.Write(
      "thread.py",
      "import ctypes, os, threading\n"
      "fd = os.open('f', os.O_CREAT | os.O_RDWR)\n"
      "os.write(fd, b'text')\n"
      "sync = threading.Thread(target=ctypes.CDLL(None).syncfs, args=(fd,))\n"
      "sync.start()\n"
      "sync.join()\n"
      "open(os.environ['POWERCUT_ACKS'], 'w').write('synced\\n')\n");
  const Ended recorded = Shell(POWERCUT_TOOL " record -o t.trace -- " +
                               std::string(kPython) + " " + program);
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  const Ended explored = Shell(POWERCUT_TOOL
                               " explore t.trace --jobs 1 --check '[ ! -s "
                               "$POWERCUT_ACKED ] || [ \"$(cat f)\" = text ]'");
  EXPECT_EQ(explored.status, 0) << explored.out << explored.err;
}

INSTANTIATE_TEST_SUITE_P(Seeds, ExerciserTest, testing::Range(1, 9));

}  // namespace
}  // namespace powercut
