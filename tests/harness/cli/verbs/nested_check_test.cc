// Runs `explore --nested` with a check in which a program recovers: a recovery
// that is unsafe when it is interrupted is found and replayed, and one that is
// safe is not accused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/harness/cli/kernel_tool.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

class NestedCheckCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string lacks = MissingResource("ext4");
    if (!lacks.empty()) GTEST_SKIP() << lacks;
    const Ended recorded =
        InFolder("record --fs ext4 -o t.trace -- sh " +
                 Program("recovery_without_sync.sh") + " write");
    ASSERT_EQ(recorded.status, kHolds) << recorded.err;
  }

  // Recoveries are saved in the current folder.
  Ended InFolder(const std::string& words) {
    return Subprocess({"/bin/sh", "-c",
                       "cd " + folder_.File("") + " && " + POWERCUT_TOOL + " " +
                           words})
        .Wait();
  }

  Ended Explore(const std::string& how) {
    return InFolder(
        "explore t.trace --nested 1 --space prefix --quiet --check 'sh " +
        Program("recovery_without_sync.sh") + " " + how + "'");
  }

  TemporaryFolder folder_;
};

TEST_F(NestedCheckCommandTest, UnsafeRecoveryOfAProgramIsFoundAndReplayed) {
  const Ended explored = Explore("recover");
  EXPECT_EQ(explored.status, kViolation) << explored.err;
  EXPECT_THAT(explored.out, testing::HasSubstr("p of its recovery"));
  EXPECT_THAT(explored.out, testing::HasSubstr("the commit is lost"));
  const size_t line = explored.out.find("powercut replay t-recovery-");
  ASSERT_NE(line, std::string::npos) << explored.out;
  const size_t end = explored.out.find('\n', line);
  const Ended replayed =
      InFolder(explored.out.substr(line + 9, end - line - 9));
  EXPECT_EQ(replayed.status, kViolation) << replayed.err;
  EXPECT_THAT(replayed.out, testing::HasSubstr("the commit is lost"));
  const size_t cause = explored.out.find("check/");
  EXPECT_THAT(replayed.out, testing::HasSubstr(explored.out.substr(
                                cause, explored.out.find(' ', cause) - cause)));
}

TEST_F(NestedCheckCommandTest, SafeRecoveryOfAProgramHolds) {
  const Ended explored = Explore("recover-safely");
  EXPECT_EQ(explored.status, kHolds) << explored.out << explored.err;
  EXPECT_THAT(explored.out, testing::HasSubstr("states of crashes during"));
}

}  // namespace
}  // namespace powercut
