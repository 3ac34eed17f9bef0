// Tests what counts as the same result of a recovery.

#include "harness/recover/check_result.h"

#include <gtest/gtest.h>

#include <string>

namespace powercut {
namespace {

RecoveryOutcome Failed(const std::string& check) {
  RecoveryOutcome outcome;
  outcome.check = check;
  return outcome;
}

TEST(CheckResultTest, TakenApart) {
  const auto apart = [](std::string_view check) {
    const CheckFailure failure = CheckFailureOf(check);
    return failure.how + "|" + std::string(failure.line);
  };
  EXPECT_EQ(apart("exit status 3: CORRUPT: a"), "exit-3|CORRUPT: a");
  EXPECT_EQ(apart("exit status 1"), "exit-1|");
  EXPECT_EQ(apart("killed by SIGBUS"), "SIGBUS|");
  EXPECT_EQ(apart("killed by SIGSEGV: at 3"), "SIGSEGV|at 3");
  EXPECT_EQ(apart("/bin/sh cannot be started: Out of memory"),
            "not-run|/bin/sh cannot be started: Out of memory");
}

TEST(CheckResultTest, OnlyMaskedPartsOfTheLineMayDiffer) {
  const RecoveryOutcome failed = Failed("exit status 1: lost: 3");
  EXPECT_TRUE(SameResult(failed, failed));
  EXPECT_TRUE(SameResult(failed, Failed("exit status 1: lost: 14")));
  EXPECT_FALSE(SameResult(failed, Failed("exit status 1: corrupt: 3")));
  EXPECT_FALSE(SameResult(failed, Failed("exit status 3: lost: 3")));
  EXPECT_FALSE(SameResult(failed, Failed("")));
  EXPECT_FALSE(SameResult(Failed(""), failed));
  EXPECT_TRUE(SameButForTheLine(failed, Failed("exit status 1: corrupt")));
  EXPECT_TRUE(SameButForTheLine(failed, Failed("exit status 1")));
  EXPECT_FALSE(SameButForTheLine(failed, Failed("exit status 2: lost: 3")));
  EXPECT_FALSE(SameButForTheLine(failed, Failed("killed by SIGBUS")));
  EXPECT_FALSE(SameButForTheLine(failed, Failed("")));
}

TEST(CheckResultTest, EverythingElseMustBeEqual) {
  const RecoveryOutcome failed = Failed("exit status 1: lost: 3");
  RecoveryOutcome other = Failed("exit status 1: lost: 4");
  other.fsck = "exit status 4: bad";
  EXPECT_FALSE(SameResult(failed, other));
  EXPECT_FALSE(SameButForTheLine(failed, other));
  other = Failed("exit status 1: lost: 4");
  other.observation.unreadable = "mount: EIO";
  EXPECT_FALSE(SameResult(failed, other));
  EXPECT_FALSE(SameResult(RecoveryOutcome::Died("killed by SIGSEGV"),
                          RecoveryOutcome::Died("killed by SIGBUS")));
}

}  // namespace
}  // namespace powercut
