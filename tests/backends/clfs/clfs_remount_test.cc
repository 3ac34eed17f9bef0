// Tests what a remount of clfs makes of calls that are under way: they are
// cancelled, whatever they were, and the log goes on without them.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends/clfs/clfs_backend.h"
#include "backends/clfs/clfs_log.h"
#include "harness/recover/crash_disk.h"
#include "tests/backends/clfs/log_run.h"

namespace powercut {
namespace {

Op OpOf(const std::string& line) {
  return LogWorkload("  log_open L\n  log_append L 30\n", "  " + line + "\n")
      .run.at(0);
}

const std::vector<std::string> kStarts = {
    "log_append L 30",
    "log_append L 30 force_append",
    "log_append L 30 force_flush",
    "log_flush L",
    "log_flush_to L 1",
    "log_restart L",
};

TEST(ClfsRemountTest, CancelsWhatIsUnderWay) {
  const std::string record(30, 'x');
  for (const std::string& line : kStarts) {
    SCOPED_TRACE(line);
    const auto backend = MakeClfsBackend();
    SparseImage image = clfs::LogVolume::Format(kLogGeometry);
    CrashDisk disk(image, kLogGeometry, 512, 0);
    const auto mount = backend->Open(disk).mount;
    ASSERT_TRUE(mount->Apply(OpOf("log_open L"), 0, "").ok());
    ASSERT_TRUE(mount->Apply(OpOf("log_append L 30"), 0, record).ok());
    for (const std::string number : {"1", "2"}) {
      Op op = OpOf("start " + number + " " + line);
      const bool writes = line.find(" 30") != line.npos;
      ASSERT_TRUE(mount->Start(op, 0, writes ? record : "").ok());
    }
    ASSERT_TRUE(mount->Apply(OpOf("remount"), 0, "").ok());
    EXPECT_EQ(mount->Wait(1).error, "STATUS_CANCELLED");
    EXPECT_EQ(mount->Wait(2).error, "STATUS_CANCELLED");
    // The numbers may be used again.
    ASSERT_TRUE(
        mount->Start(OpOf("start 1 log_append L 30 force_flush"), 0, record)
            .ok());
    EXPECT_TRUE(mount->Wait(1).ok());
    const auto logs = mount->Observe().logs;
    ASSERT_EQ(logs.size(), 1u);
    EXPECT_EQ(logs[0].unreadable, "");
    EXPECT_EQ(backend->Open(disk).mount->Observe().logs, logs);
  }
}

}  // namespace
}  // namespace powercut
