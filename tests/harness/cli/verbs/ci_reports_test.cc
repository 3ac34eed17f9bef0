// The reports for CI servers that the tool writes: by each verb that has the
// flag, the same for any number of workers and of shards, and never in place of
// another file of the command.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

// It holds, so that the violation that it expects is not found.
constexpr const char* kAppend = R"(powercut 1
backend simfs
profile ext4-ordered
crash   power
init
  create /f
  write  /f 0 512
run
  rename /f /g
  create /f
  fdatasync /g
expect violation lost /f
)";

// Removes the seconds that each suite took.
std::string Timeless(const std::string& xml) {
  return std::regex_replace(xml, std::regex(" time=\"[0-9.]*\""), "");
}

class CiReportsTest : public ::testing::Test {
 protected:
  // The flags that write every report to NAME.EXTENSION, and the reports.
  std::vector<std::string> Flags(const std::string& name) const {
    return {"--json",  folder_.File(name + ".json"),
            "--junit", folder_.File(name + ".xml"),
            "--sarif", folder_.File(name + ".sarif")};
  }
  std::string Xml(const std::string& name) const {
    return Timeless(folder_.Read(name + ".xml"));
  }

  Ended Run(std::vector<std::string> command, const std::string& name) const {
    const std::vector<std::string> flags = Flags(name);
    command.insert(command.begin() + 1, flags.begin(), flags.end());
    return RunTool(command);
  }

  TemporaryFolder folder_;
  const std::string file_ = folder_.Write("w.pcut", kAppend);
};

TEST_F(CiReportsTest, TheSameForAnyNumberOfWorkersAndShards) {
  const Ended one = Run({"check", "--quiet", file_, "--jobs", "1"}, "one");
  const std::string xml = Xml("one");
  EXPECT_THAT(
      xml, HasSubstr("<testsuite name=\"" + file_ + " under ext4-ordered\""));
  EXPECT_THAT(xml, HasSubstr("<property name=\"backend\" value=\"simfs\"/>"));
  EXPECT_EQ(Run({"check", "--quiet", file_, "--jobs", "2"}, "two").out,
            one.out);
  EXPECT_EQ(Xml("two"), xml);
  const std::string sarif = folder_.Read("one.sarif");
  EXPECT_EQ(folder_.Read("two.sarif"), sarif);
  std::vector<std::string> merge = {"merge"};
  for (const std::string part : {"1", "2"}) {
    Run({"check", "--quiet", file_, "--shard", part + "/2"}, part);
    merge.push_back(folder_.File(part + ".json"));
    // An expectation is compared with the whole only.
    EXPECT_THAT(Xml(part), HasSubstr("value=\"" + part + "/2\""));
    EXPECT_THAT(Xml(part), Not(HasSubstr("was not found")));
  }
  EXPECT_EQ(Run(merge, "merged").status, one.status);
  EXPECT_EQ(Xml("merged"), xml);
  EXPECT_EQ(folder_.Read("merged.sarif"), sarif);
}

TEST_F(CiReportsTest, ExploreAndRunHaveASuiteForEachProfile) {
  const std::string trace = folder_.File("t.trace");
  const Ended run =
      Run({"run", "--quiet", "-o", trace, "--profile",
           "ext4-ordered,ext4-journal", "--check", "test -s f", "--", "sh",
           "-c", "echo 1 >f; sync f; echo 1 >>$POWERCUT_ACKS; echo 2 >f"},
          "run");
  EXPECT_EQ(run.status, kViolation) << run.out << run.err;
  const std::string xml = Xml("run");
  EXPECT_THAT(xml, HasSubstr(trace + " under ext4-ordered\""));
  EXPECT_THAT(xml, HasSubstr(trace + " under ext4-journal\""));
  EXPECT_THAT(xml, HasSubstr("<failure message=\""));
  EXPECT_THAT(xml, HasSubstr("replay     powercut replay "));
  const Json sarif = Json::parse(folder_.Read("run.sarif"));
  const Json& result = sarif["runs"][0]["results"][0];
  // The replay line of the report is the one that is printed.
  EXPECT_THAT(run.out, HasSubstr(result["properties"]["replay"]));
  EXPECT_EQ(sarif["runs"][0]["properties"]["workloads"].size(), 2u);
  Run({"explore", "--quiet", trace, "--profile", "ext4-ordered", "--check",
       "test -s f"},
      "explore");
  EXPECT_THAT(Xml("explore"), HasSubstr(trace + " under ext4-ordered\""));
}

TEST_F(CiReportsTest, NoOtherFileIsReplaced) {
  const std::string report = folder_.File("r");
  ExpectError(RunTool({"check", file_, "--junit", file_}), kUsage,
              "would replace the input");
  ExpectError(RunTool({"check", file_, "--json", report, "--junit", report}),
              kUsage, "is the file of --json");
  ExpectError(RunTool({"check", file_, "--sarif", report, "--junit", report}),
              kUsage, "is the file of --");
  ExpectError(RunTool({"check", file_, "--junit", folder_.File("no/r")}),
              kUsage, "no/r");
  EXPECT_EQ(folder_.Read("w.pcut"), kAppend);
}

TEST_F(CiReportsTest, StandardOutputTakesOneReport) {
  const Ended ended = RunTool({"check", "--quiet", file_, "--junit", "-"});
  EXPECT_THAT(ended.out, testing::StartsWith("<?xml version=\"1.0\""));
  EXPECT_THAT(ended.err, HasSubstr("w.pcut: "));
}

}  // namespace
}  // namespace powercut
