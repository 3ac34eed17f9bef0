// Tests what is read of baselines: texts and reports, right and wrong.

#include "harness/cli/report/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/subprocess.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

class BaselineTest : public ::testing::Test {
 protected:
  Result<std::set<std::string>> Read(const std::string& text) {
    std::ofstream(path_) << text;
    auto causes = ReadBaseline(path_);
    std::filesystem::remove(path_);
    return causes;
  }

  // Other tests of this kind run at the same time.
  TemporaryFolder folder_;
  const std::string path_ = folder_.File("baseline");
};

TEST_F(BaselineTest, ATextHasOneCauseALine) {
  using Causes = std::set<std::string>;
  const std::vector<std::pair<std::string, Causes>> texts = {
      {"", {}},
      {"# nothing is known\n\n", {}},
      {"a/b/c/d", {"a/b/c/d"}},
      {"  a/b/c/d  # a comment\r\n", {"a/b/c/d"}},
      {"a/b/c/d#x\na/b/c/e\na/b/c/d\n", {"a/b/c/d", "a/b/c/e"}},
      {"check/b/c/d/exit-1\ncheck/b/c/d/exit-1/lost/of/it\n",
       {"check/b/c/d/exit-1", "check/b/c/d/exit-1/lost/of/it"}},
  };
  for (const auto& [text, causes] : texts) {
    const auto read = Read(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, causes) << text;
  }
}

TEST_F(BaselineTest, AWrongLineIsNamed) {
  for (const std::string text :
       {"a/b/c/d\n\na/b/c\n", "a/b/c/d\n#\na/b/c/d/e/f/g/h/i\n",
        "a/b/c/d\n#\na/b/c/d more\n"}) {
    const auto read = Read(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kBadInput);
    EXPECT_THAT(read.error().message, HasSubstr(path_ + ":3: expected one"));
  }
}

// An editor does not show it, and the first cause would be an unknown one.
TEST_F(BaselineTest, AByteOrderMarkIsNamed) {
  const auto read = Read(
      "\xef\xbb\xbf"
      "a/b/c/d\n");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(read.error().message,
              HasSubstr(path_ + ":1: the file begins with a byte order mark"));
}

// What a report found and did not show is known, too.
TEST_F(BaselineTest, AReportHasTheCausesOfAllWorkloads) {
  const auto read = Read(R"( {"workloads": [
      {"violations": [{"cause": "a/b/c/d"}, {"cause": "a/b/c/e"}],
       "unshown": [{"cause": "f/b/c/d", "count": 3}]},
      {"violations": []},
      {"violations": [{"cause": "a/b/c/d"}, {"cause": "g/b/c/d"}]},
      {"error": "no such file"}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (std::set<std::string>{"a/b/c/d", "a/b/c/e", "f/b/c/d",
                                          "g/b/c/d"}));
}

TEST_F(BaselineTest, AMalformedReportIsRefused) {
  for (const std::string text :
       {"{", "{}", R"({"workloads": 3})",
        R"({"workloads": [{"violations": ["a/b/c/d"]}]})",
        R"({"workloads": [{"violations": [{"kind": "lost"}]}]})",
        R"({"workloads": [{"violations": [{"cause": 3}]}]})",
        R"({"workloads": [{"violations": [], "unshown": [{}]}]})"}) {
    const auto read = Read(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kBadInput);
    EXPECT_THAT(read.error().message, HasSubstr("not a report written by"));
  }
}

}  // namespace
}  // namespace powercut
