// What a reset ends, it ends for every later recovery: whatever pointers and
// restart records the log had before, and whatever is done after.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "backends/clfs/clfs_backend.h"
#include "tests/backends/clfs/log_run.h"

namespace powercut {
namespace {

// Ops on a log of two records, before its reset. Each may be left out.
const std::vector<std::string> kBefore = {"  log_advance_base L 2\n",
                                          "  log_archive_tail L 2\n",
                                          "  log_restart L base=2\n"};

// Ops on the three records after it, of which the first has this number.
std::vector<std::string> After(uint32_t first) {
  const std::string second = std::to_string(first + 1);
  const std::string third = std::to_string(first + 2);
  return {"", "  log_advance_base L " + third + "\n",
          "  log_archive_tail L " + second + "\n",
          "  log_advance_base L " + third + "\n  log_archive_tail L " + second +
              "\n",
          "  log_restart L base=" + second + "\n"};
}

TEST(ClfsEpochsTest, WhatWasSetBeforeAResetIsNotSetAfterIt) {
  for (uint32_t chosen = 0; chosen < 1u << kBefore.size(); ++chosen) {
    std::string init = "  log_open L\n  log_append L 30\n  log_append L 30\n";
    for (size_t i = 0; i < kBefore.size(); ++i) {
      if ((chosen >> i & 1) != 0) init += kBefore[i];
    }
    // A restart is a record, too.
    const uint32_t first = (chosen & 4) != 0 ? 4 : 3;
    for (const std::string& after : After(first)) {
      const std::string run =
          "  log_reset L\n  log_append L 30\n"
          "  log_append L 30\n  log_append L 30\n" +
          after + "  log_flush L\n";
      const auto backend = MakeClfsBackend();
      const LogRun ran = RunLog(*backend, LogWorkload(init, run));
      SparseImage image = ApplyAll(ran.trace);
      CrashDisk disk(image, kLogGeometry, 512, 0);
      EXPECT_EQ(backend->Open(disk).mount->Observe(), ran.live) << init << run;
      LogCrashes crashes(*backend, ran, /*probe=*/false);
      const LogMoment& last = ran.moments.back();
      crashes.ForEach(last, CrashKind::kPower, [&](const Observation& seen) {
        EXPECT_EQ(WrongWith(last, CrashKind::kPower, seen), "") << init << run;
      });
    }
  }
}

}  // namespace
}  // namespace powercut
