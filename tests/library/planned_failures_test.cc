// Tests which calls of a world fail as planned, where plans of several kinds
// overlap, in worlds of files, of a disk and of logs: what each call returns,
// and what is kept of it.

#include "library/files/planned_failures.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "library/files/world_disk.h"
#include "library/files/world_files.h"
#include "library/files/world_logs.h"

namespace powercut {
namespace {

constexpr uint64_t kCalls = 8;

// Whether call `n`, from 0, of those that can fail so, is in the plan.
bool IsPlanned(const PlannedFailure& plan, uint64_t n) {
  return n >= plan.passed && n < plan.passed + plan.count;
}

std::vector<PlannedFailure> PlansOf(CallFailure failure) {
  return {{failure, 0, 0}, {failure, 0, 1}, {failure, 1, 2},
          {failure, 0, 8}, {failure, 3, 3}, {failure, 9, 1}};
}

// Makes kCalls syncs of all kinds, with both plans. Of a sync that would fail
// and lie, it is said that it failed.
void ExpectSyncs(const CallLog& log, const PlannedFailure& fails,
                 const PlannedFailure& lies,
                 const std::function<int64_t(uint64_t)>& sync) {
  SCOPED_TRACE(testing::Message()
               << "fails " << fails.passed << "+" << fails.count << ", lies "
               << lies.passed << "+" << lies.count);
  for (uint64_t n = 0; n < kCalls; ++n) {
    const size_t before = log.calls().size();
    const bool failed = IsPlanned(fails, n);
    EXPECT_EQ(sync(n), failed ? -EIO : 0) << n;
    ASSERT_EQ(log.calls().size(), before + 1) << n;
    const Call& call = log.calls().back();
    EXPECT_TRUE(IsSync(call)) << n;
    EXPECT_EQ(call.fails, failed) << n;
    EXPECT_EQ(call.lies, IsPlanned(lies, n) && !failed) << n;
  }
}

template <class MakeWorld>
void ForEachPlans(const MakeWorld& make) {
  for (const PlannedFailure& fails : PlansOf(CallFailure::kSync)) {
    for (const PlannedFailure& lies : PlansOf(CallFailure::kSyncLies)) {
      make(fails, lies);
    }
  }
}

template <class World>
void Plan(World& world, const PlannedFailure& plan) {
  world.Fail(plan.failure, plan.passed, plan.count);
}

TEST(PlannedFailuresTest, EverySyncOfFilesCounts) {
  ForEachPlans([](const PlannedFailure& fails, const PlannedFailure& lies) {
    CallLog log;
    WorldFiles files(log);
    const auto file =
        static_cast<WorldFiles::Handle>(files.Open("/f", {.create = true}));
    Plan(files, fails);
    Plan(files, lies);
    ExpectSyncs(log, fails, lies, [&](uint64_t n) {
      switch (n % 3) {
        case 0:
          return files.Sync(file, SyncKind::kFsync);
        case 1:
          return files.SyncAll();
        default:
          return files.SyncRange(file, 0, 1);
      }
    });
  });
}

TEST(PlannedFailuresTest, EveryFlushOfADiskCounts) {
  ForEachPlans([](const PlannedFailure& fails, const PlannedFailure& lies) {
    CallLog log;
    WorldDisk disk(1 << 16, log);
    Plan(disk, fails);
    Plan(disk, lies);
    ExpectSyncs(log, fails, lies, [&](uint64_t) { return disk.Flush(); });
  });
}

TEST(PlannedFailuresTest, EveryFlushOfLogsCounts) {
  ForEachPlans([](const PlannedFailure& fails, const PlannedFailure& lies) {
    CallLog log;
    WorldLogs logs(std::make_shared<const SparseImage>(
                       clfs::LogVolume::Format({512, 4096})),
                   log, {});
    ASSERT_EQ(logs.status(), 0);
    const auto area = static_cast<WorldLogs::Area>(
        logs.MakeArea(static_cast<WorldLogs::Log>(logs.Open("L"))));
    WorldLogs::Lsn lsn = 0;
    ASSERT_EQ(logs.Append(area, Bytes(10), {}, lsn), 0);
    Plan(logs, fails);
    Plan(logs, lies);
    ExpectSyncs(log, fails, lies, [&](uint64_t n) {
      switch (n % 3) {
        case 0:
          return logs.Flush(area);
        case 1:
          return logs.FlushAll();
        default:
          return logs.FlushTo(area, lsn);
      }
    });
  });
}

// A write that fails counts for the plans that come before it, and for no plan
// after it: errors come before a lack of room, and that before a short write.
TEST(PlannedFailuresTest, WritesFailInOneWay) {
  for (const PlannedFailure& fails : PlansOf(CallFailure::kWrite)) {
    for (const PlannedFailure& full : PlansOf(CallFailure::kWriteFull)) {
      for (const PlannedFailure& shorts : PlansOf(CallFailure::kWriteShort)) {
        CallLog log;
        WorldFiles files(log);
        const auto file =
            static_cast<WorldFiles::Handle>(files.Open("/f", {.create = true}));
        for (const auto* plan : {&fails, &full, &shorts}) Plan(files, *plan);
        uint64_t for_full = 0;
        uint64_t for_short = 0;
        for (uint64_t n = 0; n < kCalls; ++n) {
          int64_t expected = 10;
          if (IsPlanned(fails, n)) {
            expected = -EIO;
          } else if (IsPlanned(full, for_full++)) {
            expected = -ENOSPC;
          } else if (IsPlanned(shorts, for_short++)) {
            expected = 5;
          }
          const size_t before = log.calls().size();
          ASSERT_EQ(files.Write(file, n * 10, Bytes(10)), expected) << n;
          ASSERT_EQ(log.calls().size(), before + (expected > 0 ? 1 : 0));
          if (expected <= 0) continue;
          EXPECT_EQ(log.calls().back().content.size(),
                    static_cast<size_t>(expected));
        }
      }
    }
  }
}

}  // namespace
}  // namespace powercut
