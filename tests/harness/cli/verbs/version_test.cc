// What `powercut --version` says of the program, held against what the program
// does: a script decides by these words.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

std::string BytesOf(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Json Version() {
  const Ended version = RunTool({"--version", "--json"});
  EXPECT_EQ(version.status, kHolds) << version.err;
  EXPECT_EQ(version.err, "");
  return Json::parse(version.out);
}

TEST(VersionTest, BothSpellingsSayTheSame) {
  const Ended flag = RunTool({"--version"});
  EXPECT_EQ(flag.status, kHolds);
  EXPECT_THAT(flag.out, MatchesRegex("powercut [0-9]+\\.[0-9]+\\.[0-9]+\n"
                                     "commit    [^\n]+\n"
                                     "compiler  [^\n]+\n"
                                     "build     [^\n]+\n"
                                     "formats   [^\n]+\n"));
  EXPECT_EQ(RunTool({"version"}).out, flag.out);
  EXPECT_EQ(RunTool({"version", "--json"}).out,
            RunTool({"--version", "--json"}).out);
  ExpectError(RunTool({"--version", "--jsn"}), kUsage, "--jsn");
}

TEST(VersionTest, TheDataHaveTheKeysOfTheDocument) {
  const Json version = Version();
  EXPECT_THAT(KeysOf(version),
              ElementsAre("powercut", "version", "commit", "compiler", "build",
                          "backends", "profiles", "formats"));
  EXPECT_EQ(version["powercut"], 1);
  EXPECT_THAT(RunTool({"--version"}).out,
              StartsWith("powercut " + std::string(version["version"]) + "\n"));
  EXPECT_EQ(version["backends"],
            Json::parse(RunTool({"ops", "--json"}).out)["backends"]);
  EXPECT_GT(version["profiles"].size(), 10u);
  for (const std::string profile : version["profiles"]) {
    EXPECT_EQ(RunTool({"model", "--profile", profile}).status, kHolds)
        << profile;
  }
}

// The numbers are constants of the verb; the files are written elsewhere.
TEST(VersionTest, TheFormatsAreThoseThatAreWritten) {
  const TemporaryFolder folder;
  const Json version = Version();
  const Json& formats = version["formats"];
  EXPECT_THAT(KeysOf(formats), ElementsAre("pcut", "report", "trace"));

  const std::string number = std::to_string(int{formats["pcut"]});
  const std::string rest = "\nbackend simfs\nrun\n  create /a\n";
  const std::string workload =
      folder.Write("a.pcut", "powercut " + number + rest);
  const std::string report = folder.File("report.json");
  EXPECT_EQ(RunTool({"check", "--quiet", workload, "--json", report}).status,
            kHolds);
  ExpectError(RunTool({"check", "--quiet",
                       folder.Write("b.pcut", "powercut 1" + number + rest)}),
              kUsage, "powercut");
  const Json written = Json::parse(BytesOf(report));
  EXPECT_EQ(written["powercut"], formats["report"]);
  EXPECT_EQ(written["version"], version["version"]);

  const std::string trace = folder.File("a.trace");
  ASSERT_EQ(RunTool({"show", workload, "--save", trace}).status, kHolds);
  EXPECT_EQ(BytesOf(trace).substr(8, 8),
            std::string(1, static_cast<char>(int{formats["trace"]})) +
                std::string(7, '\0'));
}

}  // namespace
}  // namespace powercut
