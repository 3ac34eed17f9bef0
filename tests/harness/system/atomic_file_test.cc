// Tests which calls make a new file durable, by an fsync() that notes what it
// was called with.

#include "harness/system/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/subprocess.h"

namespace powercut {
namespace {

// The calls of fsync() in this process: `folder` or `file`, and whether `name`
// existed in the folder of the test at that moment.
std::vector<std::string>* g_synced = nullptr;
std::string* g_path = nullptr;

}  // namespace
}  // namespace powercut

// Takes the place of the C library's function in this program.
extern "C" int fsync(int descriptor) {
  if (powercut::g_synced != nullptr) {
    struct stat status{};
    fstat(descriptor, &status);
    powercut::g_synced->push_back(
        std::string(S_ISDIR(status.st_mode) ? "folder" : "file") +
        (access(powercut::g_path->c_str(), F_OK) == 0 ? " with the name" : ""));
  }
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

namespace powercut {
namespace {

TEST(AtomicFileTest, TheFileIsSyncedThenNamedThenTheFolderIsSynced) {
  const TemporaryFolder folder;
  std::string path = folder.File("new");
  std::vector<std::string> synced;
  g_path = &path;
  g_synced = &synced;
  const Status written = WriteWholeFile(path, AsBytes("text"));
  g_synced = nullptr;
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(synced, (std::vector<std::string>{"file", "folder with the name"}));
  EXPECT_EQ(folder.Read("new"), "text");
}

// Nobody can open such a folder, so that there is nothing to sync it by.
TEST(AtomicFileTest, FoldersThatCannotBeReadTakeFiles) {
  const TemporaryFolder folder;
  const std::string closed = folder.File("closed");
  std::filesystem::create_directory(closed);
  std::filesystem::permissions(closed, std::filesystem::perms::owner_write |
                                           std::filesystem::perms::owner_exec);
  EXPECT_TRUE(WriteWholeFile(closed + "/new", AsBytes("text")));
  std::filesystem::permissions(closed, std::filesystem::perms::owner_all);
  EXPECT_EQ(folder.Read("closed/new"), "text");
}

}  // namespace
}  // namespace powercut
