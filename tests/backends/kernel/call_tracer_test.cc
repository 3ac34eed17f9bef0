// Which file each system call changes, as CallTracer names it: a program makes
// the calls of a table, one row after the other.

#include "backends/kernel/call_tracer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "backends/kernel/inner_process.h"
#include "tests/subprocess.h"

namespace powercut::kernel {
namespace {

// A statement of Python, and the files that it changes, below the folder of the
// test. Before a file that was mapped stands `map `.
struct Row {
  std::string statement;
  std::vector<std::string> changed;
};

// The files `a`, `b` and `d/b` are there, and are open as a, b and so on. The
// calls that Python does not have are made by their numbers on x86-64.
const std::vector<Row> kRows = {
    // By a descriptor.
    {"os.write(b, b'1')", {"b"}},
    {"os.pwrite(b, b'1', 4)", {"b"}},
    {"os.writev(b, [b'1', b'2'])", {"b"}},
    {"os.pwritev(b, [b'1'], 3)", {"b"}},
    {"os.pwritev(b, [b'1'], 3, os.RWF_DSYNC)", {"b"}},
    {"os.ftruncate(b, 9)", {"b"}},
    {"os.posix_fallocate(b, 0, 99)", {"b"}},
    {"os.sendfile(b, a, 0, 4)", {"b"}},
    {"os.copy_file_range(a, b, 4)", {"b"}},
    {"os.splice(pipe, b, 4)", {"b"}},
    {"os.write(below, b'1')", {"d/b"}},
    // A mapping counts if it is shared and can be written.
    {"mmap.mmap(b, 4)", {"map b"}},
    {"mmap.mmap(b, 4, access=mmap.ACCESS_READ)", {}},
    {"mmap.mmap(b, 4, access=mmap.ACCESS_COPY)", {}},
    // By a path.
    {"os.truncate('b', 9)", {"b"}},
    {"os.truncate('././b', 9)", {"b"}},
    {"os.truncate(here + '/d/b', 9)", {"d/b"}},
    {"os.rename('x1', 'y1')", {"y1"}},
    {"os.link('a', 'y2')", {"y2"}},
    {"os.rename('x2', 'y3', src_dir_fd=top, dst_dir_fd=d)", {"d/y3"}},
    {"os.rename('y3', 'x2', src_dir_fd=d, dst_dir_fd=top)", {"x2"}},
    {"os.link('b', 'y4', src_dir_fd=d, dst_dir_fd=top)", {"y4"}},
    {"os.rename('x3', here + '/y5', src_dir_fd=top, dst_dir_fd=d)", {"y5"}},
    // What an open makes or cuts.
    {"os.open('b', os.O_RDWR)", {}},
    {"os.open('b', os.O_RDWR | os.O_APPEND)", {}},
    {"os.open('b', os.O_WRONLY | os.O_TRUNC)", {"b"}},
    {"os.open('new', os.O_WRONLY | os.O_CREAT)", {"new"}},
    {"os.open('new', os.O_RDONLY | os.O_CREAT, dir_fd=d)", {"d/new"}},
    // Names and attributes.
    {"os.mkdir('made')", {""}},
    {"os.mkdir('made', dir_fd=d)", {""}},
    {"os.rmdir('made')", {""}},
    {"os.mkfifo('fifo')", {""}},
    {"os.mkfifo('fifo', dir_fd=d)", {""}},
    {"os.symlink('b', 'link')", {""}},
    {"os.symlink('b', 'link', dir_fd=d)", {""}},
    {"os.unlink('link')", {""}},
    {"os.unlink('link', dir_fd=d)", {""}},
    {"os.chmod('b', 0o600)", {""}},
    {"os.chmod('b', 0o600, dir_fd=d)", {""}},
    {"os.fchmod(b, 0o644)", {""}},
    {"os.chown('b', 0, 0)", {""}},
    {"os.chown('b', 0, 0, dir_fd=d)", {""}},
    {"os.utime('b')", {""}},
    {"os.utime(b)", {""}},
    {"os.setxattr('b', 'trusted.powercut', b'1')", {""}},
    {"os.setxattr(b, 'trusted.powercut', b'2')", {""}},
    // What changes nothing, and what fails.
    {"os.read(a, 3)", {}},
    {"os.fsync(b)", {}},
    {"os.stat('b')", {}},
    {"fails(os.truncate, 'none', 3)", {}},
    {"fails(os.rename, 'none', 'b')", {}},
    {"fails(os.write, a, b'1')", {}},
#ifdef __x86_64__
    {"call(296, b, vector, 1, 0, 0)", {"b"}},                   // pwritev
    {"call(316, -100, b'x4', d, b'y6', 0)", {"d/y6"}},          // renameat2
    {"call(264, top, b'x5', d, b'y7')", {"d/y7"}},              // renameat
    {"call(85, b'made', 0o600)", {"made"}},                     // creat
    {"call(2, b'made', os.O_RDWR | os.O_TRUNC, 0)", {"made"}},  // open
    {"call(2, b'made', os.O_RDWR, 0)", {}},
    {"call(90, b'made', 0o600)", {""}},  // chmod
    {"call(83, b'old', 0o700)", {""}},   // mkdir
    {"call(84, b'old')", {""}},          // rmdir
    {"call(88, b'b', b'old')", {""}},    // symlink
    {"call(87, b'old')", {""}},          // unlink
#endif
};

constexpr const char* kHead = R"(import ctypes, mmap, os
here = os.getcwd()
libc = ctypes.CDLL(None)
def call(*arguments):
    assert libc.syscall(*arguments) >= 0, arguments
def fails(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        return
    assert False, arguments
def begin_row():
    os.truncate(here + '/row', 0)
class Vector(ctypes.Structure):
    _fields_ = [('text', ctypes.c_char_p), ('size', ctypes.c_size_t)]
vector = ctypes.byref(Vector(b'1', 1))
a = os.open('a', os.O_RDONLY)
b = os.open('b', os.O_RDWR)
top = os.open('.', os.O_RDONLY)
d = os.open('d', os.O_RDONLY)
below = os.open('b', os.O_RDWR, dir_fd=d)
pipe, into = os.pipe()
os.write(into, b'1234')
)";

constexpr int kNoNamespace = 1;

// Runs a program of Python with a tracer, which writes what it is told into the
// file `seen`. Returns 0 if all went well, and kNoNamespace if this process may
// not have a mount namespace.
int RunTraced(const TemporaryFolder& folder) {
  const pid_t child = fork();
  if (child == 0) {
    if (!EnterMountNamespace(0755, "")) _exit(kNoNamespace);
    if (chdir(folder.File("w").c_str()) != 0) _exit(2);
    std::ofstream seen(folder.File("seen"));
    int status = -1;
    {
      CallTracer tracer([&](const ChangingCall& call) {
        seen << (call.maps ? "map " : "") << call.path << std::endl;
      });
      int go[2];
      if (pipe(go) != 0) _exit(3);
      const pid_t program = fork();
      if (program == 0) {
        char byte = 0;
        [[maybe_unused]] auto n = read(go[0], &byte, 1);
        execlp("python3", "python3", "-I", "-S",
               folder.File("program.py").c_str(), nullptr);
        _exit(9);
      }
      if (tracer.Attach(program) != 0) _exit(4);
      [[maybe_unused]] auto n = write(go[1], "g", 1);
      status = tracer.WaitFor(program, 60'000).value_or(-1);
    }
    _exit(status == 0 ? 0 : 5);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(CallTracerTest, EachCallNamesTheFileThatItChanges) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.File("w/d"));
  for (const std::string name :
       {"a", "b", "d/b", "row", "x1", "x2", "x3", "x4", "x5"}) {
    folder.Write("w/" + name, "some content");
  }
  std::string program = kHead;
  for (const Row& row : kRows)
    program += "begin_row()\n" + row.statement + '\n';
  folder.Write("program.py", program);
  const int ended = RunTraced(folder);
  if (ended == kNoNamespace) GTEST_SKIP() << "no mount namespace is allowed";
  ASSERT_EQ(ended, 0) << program;
  // What Python itself does before the first row is left out.
  std::vector<std::vector<std::string>> changed;
  std::istringstream seen(folder.Read("seen"));
  const std::string below = folder.File("w") + '/';
  for (std::string line; std::getline(seen, line);) {
    if (line == below + "row") {
      changed.emplace_back();
    } else if (!changed.empty()) {
      const size_t at = line.find(below);
      if (at != line.npos) line.erase(at, below.size());
      changed.back().push_back(line);
    }
  }
  ASSERT_EQ(changed.size(), kRows.size());
  for (size_t i = 0; i < kRows.size(); ++i) {
    EXPECT_THAT(changed[i], testing::ElementsAreArray(kRows[i].changed))
        << kRows[i].statement;
  }
}

}  // namespace
}  // namespace powercut::kernel
