// Tests how a failed check ends its process.

#include "harness/base/check_failure.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "harness/base/check.h"

namespace powercut {
namespace {

TEST(CheckFailureTest, AbortsOrEndsWithAStatus) {
  EXPECT_EXIT(POWERCUT_CHECK(1 + 1 == 3), testing::KilledBySignal(SIGABRT),
              "check_failure_test.cc:[0-9]+: internal check failed: 1 \\+ 1");
  EXPECT_EXIT(
      {
        EndFailedChecksWithStatus();
        POWERCUT_CHECK(1 + 1 == 3);
      },
      testing::ExitedWithCode(kCheckFailedStatus),
      "internal check failed: 1 \\+ 1 == 3");
}

// In a process of its own, since there is no way back.
TEST(CheckFailureTest, ThrowsInTestPrograms) {
  EXPECT_EXIT(
      {
        ThrowFailedChecks();
        try {
          POWERCUT_CHECK(1 + 1 == 3);
        } catch (const std::logic_error& error) {
          std::fprintf(stderr, "%s\n", error.what());
          std::exit(7);
        }
      },
      testing::ExitedWithCode(7), "internal check failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace powercut
