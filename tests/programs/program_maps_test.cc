// Programs that store to mapped files. A store is no system call, yet it is
// there when only the process dies, and it may be gone when the power fails and
// nothing was synced.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/programs/tool_by_user.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using testing::HasSubstr;
using testing::Not;

// Maps files and acknowledges stores to them. The word says how.
constexpr const char* kStores = R"(
import mmap, os, sys, ctypes, signal
way = sys.argv[1]
PAGES = 600 if way == "many" else 3
def opened(name):
    file = os.open(name, os.O_CREAT | os.O_RDWR, 0o644)
    os.ftruncate(file, PAGES * 4096)
    os.fsync(file)
    return file
files = [opened("a"), opened("b")]
here = os.open(".", os.O_RDONLY)
os.fsync(here)
acks = os.open(os.environ["POWERCUT_ACKS"], os.O_WRONLY | os.O_APPEND)
os.write(acks, b"powercut:start\n")
if way == "protect":
    # Python has no call for mprotect(2).
    libc = ctypes.CDLL(None)
    maps = []
    libc.mmap.restype = ctypes.c_void_p
    for f in files:
        at = libc.mmap(None, ctypes.c_size_t(PAGES * 4096), mmap.PROT_READ,
                       mmap.MAP_SHARED, f, ctypes.c_long(0))
        libc.mprotect(ctypes.c_void_p(at), ctypes.c_size_t(PAGES * 4096),
                      mmap.PROT_READ | mmap.PROT_WRITE)
        maps.append((ctypes.c_char * (PAGES * 4096)).from_address(at))
else:
    maps = [mmap.mmap(f, PAGES * 4096) for f in files]
if way == "closed":
    for f in files: os.close(f)
def store(which, page, byte):
    maps[which][page * 4096 + 7:page * 4096 + 8] = byte
def ack(text):
    os.write(acks, text.encode() + b"\n")
def work(which):
    for page in range(PAGES):
        store(which, page, b"x")
        if way != "many": ack(f"{'ab'[which]} {page}")
    if way == "many": ack(f"{'ab'[which]} all")
if way == "child":
    if os.fork() == 0:
        work(1)
        os._exit(0)
    os.wait()
    work(0)
elif way == "early":
    ack("a 0")
    os.fsync(here)
    store(0, 0, b"x")
else:
    work(0)
    work(1)
if way == "killed": os.kill(os.getpid(), signal.SIGKILL)
)";

// Requires each store that was acknowledged.
constexpr const char* kHasStores = R"(
import os, sys
for line in open(os.environ["POWERCUT_ACKED"]):
    name, page = line.split()
    pages = range(600) if page == "all" else [int(page)]
    data = open(name, "rb").read()
    for page in pages:
        if data[page * 4096 + 7:page * 4096 + 8] != b"x":
            print("the store to page", page, "of", name, "is lost")
            sys.exit(1)
)";

class ProgramMapsTest : public ToolByUserTest {
 protected:
  ProgramMapsTest() : ToolByUserTest(User::kOwn) {}

  // Records the program that stores in a way, and explores it.
  Ended Explored(const std::string& way, const std::string& flags) {
    const std::string program = folder_.Write("stores.py", kStores);
    const std::string check = folder_.Write("has.py", kHasStores);
    const Ended recorded =
        Tool("record -o m.trace -- /usr/bin/python3 " + program + " " + way);
    EXPECT_EQ(recorded.status, way == "killed" ? 3 : 0) << recorded.err;
    return Tool("explore --quiet --jobs 1 m.trace " + flags +
                " --check '/usr/bin/python3 " + check + "'");
  }
};

TEST_F(ProgramMapsTest, AnAcknowledgedStoreOutlivesItsProcess) {
  for (const char* way :
       {"plain", "closed", "child", "protect", "many", "killed"}) {
    SCOPED_TRACE(way);
    const Ended process = Explored(way, "--crash process --space prefix");
    EXPECT_EQ(process.status, 0) << process.out << process.err;
  }
  // No store was synced.
  const Ended power = Explored("plain", "--crash power --max-runs 40");
  EXPECT_EQ(power.status, 1) << power.out << power.err;
  EXPECT_THAT(power.out, HasSubstr("is lost"));
}

TEST_F(ProgramMapsTest, AStoreThatIsAcknowledgedTooEarlyIsLost) {
  const Ended process = Explored("early", "--crash process --space prefix");
  EXPECT_EQ(process.status, 1) << process.out << process.err;
  EXPECT_THAT(process.out, HasSubstr("the store to page 0 of a is lost"));
}

// The kernel finishes the call of a process that dies: nobody sees half of a
// rename, nor space that a write got and did not fill.
TEST_F(ProgramMapsTest, AProcessDiesBetweenItsCalls) {
  const std::string program =
      Script("calls.sh",
             "echo old >f; echo powercut:start >>$POWERCUT_ACKS\n"
             "echo new >f.new; mv f.new f; echo 0123456789 >>log\n");
  const std::string check =
      Script("whole.sh",
             "test -e f || { echo no name; exit 1; }\n"
             "test ! -e f.new || test \"$(cat f)\" = old || exit 1\n"
             "case \"$(cat log)\" in ''|0123456789);; *) exit 1;; esac\n");
  ASSERT_EQ(Tool("record -o c.trace -- " + program).status, 0);
  for (const char* profile : {"posix-minimal", "linux-man"}) {
    const auto explored = [&](const std::string& kind) {
      return Tool("explore --quiet --jobs 1 c.trace --profile " +
                  std::string(profile) + " --crash " + kind + " --check '" +
                  check + "'");
    };
    const Ended process = explored("process");
    EXPECT_EQ(process.status, 0) << profile << process.out << process.err;
    EXPECT_EQ(explored("os").status, 1) << profile;
  }
}

// Each store has its place among the acks, and the calls of the tool itself are
// none of the program.
TEST_F(ProgramMapsTest, StoresAreShownBeforeTheirAcks) {
  Explored("plain", "--crash process --space prefix");
  const std::string out = Tool("show m.trace").out;
  size_t at = 0;
  for (const char* text :
       {"write /a 0 4096", "powercut:ack a 0", "write /a 4096 4096",
        "powercut:ack a 1", "powercut:ack a 2", "write /b 0 4096",
        "powercut:ack b 0", "write /b 8192 4096", "powercut:ack b 2"}) {
    at = out.find(text, at);
    ASSERT_NE(at, std::string::npos) << text << "\n" << out;
  }
  EXPECT_THAT(out, Not(HasSubstr("powercut)")));
}

}  // namespace
}  // namespace powercut
