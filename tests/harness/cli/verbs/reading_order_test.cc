// Runs `explore` with a check that reads in an order that varies: the check is
// not accused, and one whose result varies is, with both results.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/harness/cli/kernel_tool.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

class ReadingOrderCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string lacks = MissingResource("ext4");
    if (!lacks.empty()) GTEST_SKIP() << lacks;
    const Ended recorded =
        RunTool({"record", "--fs", "ext4", "-o", trace_, "--", "sh",
                 Program("reads_in_any_order.sh"), "write"});
    ASSERT_EQ(recorded.status, kHolds) << recorded.err;
  }

  Ended Explore(const std::string& how, const std::string& doublecheck = "0") {
    return RunTool({"explore", trace_, "--space", "prefix", "--quiet",
                    "--doublecheck", doublecheck, "--check",
                    "sh " + Program("reads_in_any_order.sh") + " " + how});
  }

  TemporaryFolder folder_;
  std::string trace_ = folder_.File("trace");
};

// Each answer of the cache is run again, and reads in an order of its own.
TEST_F(ReadingOrderCommandTest, AnotherOrderIsNoFinding) {
  for (int i = 0; i < 3; ++i) {
    const Ended explored = Explore("read", "1");
    EXPECT_EQ(explored.status, kHolds) << explored.out << explored.err;
    EXPECT_THAT(explored.out, testing::HasSubstr("cached answers run again"));
  }
}

TEST_F(ReadingOrderCommandTest, AnotherResultIsAFindingThatShowsBoth) {
  std::ofstream(folder_.File("count")) << 0;
  const Ended explored = Explore("count " + folder_.File("count"));
  EXPECT_EQ(explored.status, kViolation) << explored.out << explored.err;
  EXPECT_THAT(explored.out, testing::HasSubstr("nondeterministic"));
  EXPECT_THAT(explored.out, testing::HasSubstr("the check failed"));
  EXPECT_THAT(explored.out, testing::HasSubstr("no check failed"));
}

}  // namespace
}  // namespace powercut
