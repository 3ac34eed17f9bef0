// Tests that trace files appear as a whole or not at all, and what files lead
// to that cannot be read or written.

#include "harness/block_log/trace_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/harness/block_log/awkward_trace.h"

namespace powercut {
namespace {

namespace fs = std::filesystem;

class TraceFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (fs::temp_directory_path() / "powercut_trace_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Path(const char* name) const { return folder_ / name; }
  size_t FileCount() const {
    return std::distance(fs::directory_iterator(folder_), {});
  }

  fs::path folder_;
};

TEST_F(TraceFilesTest, SavedTraceIsLoaded) {
  const Trace trace = AwkwardTrace(3, 50);
  const TraceAbout about{.backend = "simfs", .pcut = "write a 0 b\n"};
  ASSERT_TRUE(SaveTrace(trace, about, Path("a.trace")));
  EXPECT_EQ(FileCount(), 1u);
  const Result<LoadedTrace> loaded = LoadTrace(Path("a.trace"));
  ASSERT_TRUE(loaded) << MessageOf(loaded);
  ExpectSameTrace(loaded->trace, trace);
  EXPECT_EQ(loaded->about, about);
}

TEST_F(TraceFilesTest, LeftoverIncompleteFileIsReplacedNotFollowed) {
  std::ofstream(Path("precious")) << "precious";
  fs::create_symlink(Path("precious"), Path("a.trace.incomplete"));
  ASSERT_TRUE(SaveTrace(SmallTrace(), {}, Path("a.trace")));
  EXPECT_TRUE(LoadTrace(Path("a.trace")));
  EXPECT_EQ(AsText(FileBytes(Path("precious"))), "precious");
  EXPECT_FALSE(fs::is_symlink(Path("a.trace")));
  EXPECT_EQ(FileCount(), 2u);
}

TEST_F(TraceFilesTest, UnwritablePathIsAnIoError) {
  const std::string path = Path("missing/a.trace");
  const Status saved = SaveTrace(SmallTrace(), {}, path);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kIo);
  EXPECT_NE(saved.error().message.find(path), std::string::npos);
  EXPECT_NE(saved.error().message.find("No such file"), std::string::npos);

  fs::create_directories(Path("b.trace.incomplete/x"));
  EXPECT_FALSE(SaveTrace(SmallTrace(), {}, Path("b.trace")));
  EXPECT_FALSE(fs::exists(Path("b.trace")));
}

TEST_F(TraceFilesTest, FailedRenameLeavesNothing) {
  fs::create_directories(Path("a.trace/x"));
  const Status saved = SaveTrace(SmallTrace(), {}, Path("a.trace"));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kIo);
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(TraceFilesTest, FailedWriteLeavesNothingAndKeepsTheOldFile) {
  ASSERT_TRUE(SaveTrace(SmallTrace(), {}, Path("a.trace")));
  // A limit on file sizes stands for a full disk.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  rlimit limit = old_limit;
  limit.rlim_cur = 2000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  const Status saved = SaveTrace(AwkwardTrace(1, 50), {}, Path("a.trace"));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kIo);
  EXPECT_EQ(FileCount(), 1u);
  const Result<LoadedTrace> loaded = LoadTrace(Path("a.trace"));
  ASSERT_TRUE(loaded);
  ExpectSameTrace(loaded->trace, SmallTrace());
}

TEST_F(TraceFilesTest, KilledWhileSavingLeavesNothing) {
  const int unnamed = ::open(folder_.c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (unnamed < 0) GTEST_SKIP() << "no O_TMPFILE in " << folder_;
  ::close(unnamed);
  const pid_t child = ::fork();
  if (child == 0) {
    // This limit kills the process in the middle of the file.
    const rlimit limit = {2000, 2000};
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const Status saved = SaveTrace(AwkwardTrace(1, 50), {}, Path("a.trace"));
    ::_exit(saved ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGXFSZ);
  EXPECT_EQ(FileCount(), 0u);
}

TEST_F(TraceFilesTest, DevicesAreNotReplaced) {
  ASSERT_EQ(::mkfifo(Path("pipe").c_str(), 0600), 0);
  const Status saved = SaveTrace(SmallTrace(), {}, Path("pipe"));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().message, Path("pipe: not a regular file; name one"));
  EXPECT_TRUE(fs::is_fifo(Path("pipe")));
}

TEST_F(TraceFilesTest, LoadErrorsBeginWithThePath) {
  EXPECT_TRUE(MessageOf(LoadTrace(Path("none"))).starts_with(Path("none: ")));
  EXPECT_EQ(LoadTrace(Path("none")).error().code, ErrorCode::kIo);
  EXPECT_EQ(
      MessageOf(LoadTrace(folder_)),
      folder_.string() + ": not a regular file; copy a device to one first");
  std::ofstream(Path("short")) << "short";
  EXPECT_EQ(MessageOf(LoadTrace(Path("short"))),
            Path("short: superblock at byte 0: the file ends after 5 bytes"));
  BlockLog log = EncodeTrace(SmallTrace(), {});
  log.entries.pop_back();
  const Bytes bytes = WriteBlockLog(log);
  std::ofstream(Path("cut"), std::ios::binary) << AsText(bytes);
  EXPECT_TRUE(
      MessageOf(LoadTrace(Path("cut"))).starts_with(Path("cut: entry 9 at ")));
}

}  // namespace
}  // namespace powercut
