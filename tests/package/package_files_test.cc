// What the files of packaging/ repeat is what CMakeLists.txt says: the version
// stands in several formats, none of which can read another.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "tests/source_tree.h"

namespace powercut {
namespace {

// The first thing in a file that a pattern captures; empty if there is none.
std::string CapturedIn(const std::string& path, const std::string& pattern) {
  std::ifstream in(std::string(POWERCUT_SOURCE_DIR) + "/" + path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  EXPECT_NE(text, "") << path;
  std::smatch found;
  const std::regex regex(pattern, std::regex::multiline);
  return std::regex_search(text, found, regex) ? found.str(1) : "";
}

TEST(PackageFilesTest, TheVersionIsThatOfTheProject) {
  const std::string version = CapturedIn(
      "CMakeLists.txt", R"(^project\(powercut VERSION (\d+\.\d+\.\d+) )");
  ASSERT_NE(version, "");
  EXPECT_EQ(CapturedIn("CHANGELOG.md", R"(^## (\S+)$)"), version);
  EXPECT_EQ(CapturedIn("packaging/debian/changelog", R"(^powercut \((\S+)\))"),
            version + "-1");
  EXPECT_EQ(CapturedIn("packaging/vcpkg/powercut/vcpkg.json",
                       R"re("version": "(\S+)")re"),
            version);
  EXPECT_EQ(
      CapturedIn("packaging/conan/conanfile.py", R"re(^ +version = "(\S+)")re"),
      version);
}

}  // namespace
}  // namespace powercut
