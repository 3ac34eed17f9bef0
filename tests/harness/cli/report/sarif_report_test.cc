// SARIF documents: their keys against those that the standard requires and
// allows, and what becomes of a finding. The keys are listed here, so that no
// schema need be fetched.

#include "harness/cli/report/sarif_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "harness/cli/report/sarif_flow.h"
#include "harness/judge/failure_block.h"
#include "tests/harness/cli/checking.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

constexpr const char* kFolder = "/home/user/project";

// What a document must and may have at one place. `*` in a path stands for each
// element of an array. Source: SARIF 2.1.0, section 3, and its schema.
struct Place {
  std::vector<std::string> path;
  std::set<std::string> required;
  std::set<std::string> allowed;
};

const std::vector<Place>& Places() {
  static const std::vector<Place> kPlaces = {
      {{}, {"version", "runs"}, {"$schema"}},
      {{"runs", "*"},
       {"tool", "results"},
       {"invocations", "columnKind", "properties"}},
      {{"runs", "*", "tool"}, {"driver"}, {}},
      {{"runs", "*", "tool", "driver"}, {"name"}, {"version", "rules"}},
      {{"runs", "*", "tool", "driver", "rules", "*"},
       // A code host requires the first three.
       {"id", "shortDescription", "fullDescription"},
       {"defaultConfiguration", "properties"}},
      {{"runs", "*", "invocations", "*"},
       {"executionSuccessful"},
       {"toolExecutionNotifications"}},
      {{"runs", "*", "invocations", "*", "toolExecutionNotifications", "*"},
       {"message"},
       {"level", "locations"}},
      {{"runs", "*", "results", "*"},
       {"message", "ruleId", "ruleIndex", "level", "locations",
        "partialFingerprints"},
       {"suppressions", "properties", "codeFlows"}},
      {{"runs", "*", "results", "*", "codeFlows", "*"}, {"threadFlows"}, {}},
      {{"runs", "*", "results", "*", "codeFlows", "*", "threadFlows", "*"},
       {"locations"},
       {}},
      {{"runs", "*", "results", "*", "codeFlows", "*", "threadFlows", "*",
        "locations", "*"},
       {"location"},
       {}},
      {{"runs", "*", "results", "*", "codeFlows", "*", "threadFlows", "*",
        "locations", "*", "location"},
       {"physicalLocation", "message"},
       {}},
      {{"runs", "*", "results", "*", "message"}, {"text"}, {}},
      {{"runs", "*", "results", "*", "locations", "*"},
       {"physicalLocation"},
       {}},
      {{"runs", "*", "results", "*", "locations", "*", "physicalLocation"},
       {"artifactLocation", "region"},
       {}},
      {{"runs", "*", "results", "*", "locations", "*", "physicalLocation",
        "artifactLocation"},
       {"uri"},
       {"uriBaseId"}},
      {{"runs", "*", "results", "*", "locations", "*", "physicalLocation",
        "region"},
       {"startLine"},
       {}},
      {{"runs", "*", "results", "*", "suppressions", "*"},
       {"kind"},
       {"justification"}}};
  return kPlaces;
}

// All values at a path; none where a part that is not required is missing. They
// are parts of `root`.
std::vector<const Json*> ValuesAt(const Json& root,
                                  const std::vector<std::string>& path) {
  std::vector<const Json*> values = {&root};
  for (const std::string& step : path) {
    std::vector<const Json*> next;
    for (const Json* value : values) {
      if (step == "*") {
        EXPECT_TRUE(value->is_array()) << *value;
        for (const Json& element : *value) next.push_back(&element);
      } else if (value->contains(step)) {
        next.push_back(&value->at(step));
      }
    }
    values = std::move(next);
  }
  return values;
}

// The first fault of a document; empty if there is none.
std::string FaultOf(const Json& document) {
  for (const Place& place : Places()) {
    for (const Json* at : ValuesAt(document, place.path)) {
      const Json& value = *at;
      if (!value.is_object()) return "no object: " + value.dump();
      for (const std::string& key : place.required) {
        if (!value.contains(key)) return "missing: " + key;
      }
      for (const auto& [key, ignored] : value.items()) {
        if (place.required.contains(key) || place.allowed.contains(key)) {
          continue;
        }
        return "not allowed: " + key;
      }
    }
  }
  return document["version"] == "2.1.0" ? "" : "version";
}

Json RunOf(const Report& report) {
  const std::string text = SarifReport(report, kFolder);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  Json document = Json::parse(text);
  EXPECT_EQ(FaultOf(document), "");
  EXPECT_EQ(document["runs"].size(), 1u);
  for (const Json& result : document["runs"][0]["results"]) {
    const size_t index = result["ruleIndex"].get<size_t>();
    EXPECT_EQ(document["runs"][0]["tool"]["driver"]["rules"][index]["id"],
              result["ruleId"]);
    EXPECT_GE(result["locations"][0]["physicalLocation"]["region"]["startLine"]
                  .get<int>(),
              1);
  }
  return document["runs"][0];
}

const Json& Artifact(const Json& run) {
  return run["results"][0]["locations"][0]["physicalLocation"]
            ["artifactLocation"];
}

// Findings that nothing expects.
Report WithFindings() {
  const SimfsScene scene({SimfsBug::kFsyncSkipsDevice});
  Report report = scene.Check(ListingOptions("prefix"));
  report.workloads[0].expectations.clear();
  Conclude(report.workloads[0], {});
  EXPECT_FALSE(report.workloads[0].exploration.findings.empty());
  return report;
}

TEST(SarifReportTest, TheCheckOfKeysNoticesFaults) {
  const Json good = Json::parse(SarifReport(WithFindings(), kFolder));
  EXPECT_EQ(FaultOf(good), "");
  Json bad = good;
  bad["runs"][0]["results"][0].erase("message");
  EXPECT_EQ(FaultOf(bad), "missing: message");
  bad = good;
  bad["runs"][0]["results"][0]["line"] = 3;
  EXPECT_EQ(FaultOf(bad), "not allowed: line");
  bad = good;
  bad["runs"][0]["tool"]["driver"]["rules"][0] = Json::array();
  EXPECT_EQ(FaultOf(bad), "no object: []");
}

TEST(SarifReportTest, AFindingIsAResult) {
  const Report report = WithFindings();
  const CheckedWorkload& checked = report.workloads[0];
  const std::vector<Finding>& findings = checked.exploration.findings;
  const Json run = RunOf(report);
  ASSERT_EQ(run["results"].size(), findings.size());
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), findings.size());
  for (size_t i = 0; i < findings.size(); ++i) {
    const Json& result = run["results"][i];
    const Finding& finding = findings[i];
    EXPECT_EQ(result["ruleId"], finding.violation.cause);
    EXPECT_EQ(result["level"], "error");
    EXPECT_FALSE(result.contains("suppressions"));
    const std::string replay =
        ReplayCommand(finding, checked.file, checked.replay_flags);
    EXPECT_THAT(result["message"]["text"].get<std::string>(),
                testing::EndsWith(" Replay: " + replay));
    EXPECT_EQ(result["properties"]["replay"], replay);
    EXPECT_EQ(result["properties"]["id"], finding.id);
    EXPECT_EQ(result["partialFingerprints"]["powercutCause/v1"],
              finding.violation.cause);
    EXPECT_EQ(result["locations"][0]["physicalLocation"]["region"]["startLine"],
              finding.line);
  }
  EXPECT_EQ(Artifact(run),
            Json({{"uri", "test.pcut"}, {"uriBaseId", "%SRCROOT%"}}));
  EXPECT_TRUE(run["invocations"][0]["executionSuccessful"].get<bool>());
  EXPECT_EQ(run["properties"]["workloads"][0]["states"],
            checked.exploration.states);
}

// The steps of the first flow of the first result, as `LINE TEXT`.
std::vector<std::string> StepsOf(const Json& run) {
  std::vector<std::string> steps;
  for (const Json& step :
       run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]) {
    const Json& location = step["location"];
    const int line =
        location["physicalLocation"]["region"]["startLine"].get<int>();
    steps.push_back(std::to_string(line) + " " +
                    location["message"]["text"].get<std::string>());
  }
  return steps;
}

TEST(SarifReportTest, TheWayToTheCrashIsACodeFlow) {
  Report report = WithFindings();
  EXPECT_FALSE(RunOf(report)["results"][0].contains("codeFlows"));
  Finding& finding = report.workloads[0].exploration.findings[0];
  finding.id = "8.2p-w5@12345678";
  finding.violation.op = 3;
  finding.crash = "8.2p-w5: power was lost";
  // A call has no line; op 4 begins at the event of the
  // crash and is not the one that is blamed, and op 5 begins after it.
  Timeline timeline;
  timeline.ops = {{1, 10, "write /f", 0, 4, ""}, {0, 0, "call", 0, 4, ""},
                  {2, 11, "fsync /f", 4, 8, ""}, {3, 12, "write /g", 8, {}, ""},
                  {4, 13, "write /h", 8, 9, ""}, {5, 14, "fsync /h", 9, 9, ""}};
  report.workloads[0].timeline = timeline;
  EXPECT_THAT(StepsOf(RunOf(report)),
              testing::ElementsAre("10 op 1: write /f", "11 op 2: fsync /f",
                                   "12 op 3: write /g (not returned)",
                                   "12 8.2p-w5: power was lost"));
  // A host shows so many steps; the last ones matter.
  timeline.ops.assign(kSarifStepsMax, {1, 10, "write /f", 0, 4, ""});
  report.workloads[0].timeline = timeline;
  const std::vector<std::string> steps = StepsOf(RunOf(report));
  EXPECT_EQ(steps.size(), kSarifStepsMax);
  EXPECT_EQ(steps.back(), "10 8.2p-w5: power was lost");
  // A recorded program has calls alone.
  timeline.ops = {{0, 0, "call", 0, 4, ""}};
  report.workloads[0].timeline = timeline;
  EXPECT_FALSE(RunOf(report)["results"][0].contains("codeFlows"));
}

TEST(SarifReportTest, WhatIsExpectedOrKnownIsSuppressed) {
  Report report = WithFindings();
  CheckedWorkload& checked = report.workloads[0];
  checked.exploration.findings.resize(1);
  const Violation& violation = checked.exploration.findings[0].violation;
  Conclude(checked, {violation.cause});
  Json result = RunOf(report)["results"][0];
  EXPECT_EQ(result["level"], "note");
  EXPECT_EQ(result["suppressions"][0]["kind"], "external");
  Expectation expected;
  expected.ok = false;
  expected.kind = ViolationKindName(violation.kind);
  checked.expectations = {expected};
  Conclude(checked, {});
  result = RunOf(report)["results"][0];
  EXPECT_EQ(result["level"], "note");
  EXPECT_EQ(result["suppressions"][0]["kind"], "inSource");
  checked.expectations[0].path = "/nowhere";
  checked.expectations[0].line = 9;
  Conclude(checked, {});
  const Json run = RunOf(report);
  ASSERT_EQ(run["results"].size(), 2u);
  const Json& unmet = run["results"][1];
  EXPECT_EQ(unmet["ruleId"], "expectation-not-met");
  EXPECT_EQ(unmet["level"], "error");
  EXPECT_EQ(unmet["locations"][0]["physicalLocation"]["region"]["startLine"],
            9);
  // A host knows it again on another line.
  checked.expectations[0].line = 12;
  Conclude(checked, {});
  const Json moved = RunOf(report)["results"][1];
  EXPECT_EQ(moved["locations"][0]["physicalLocation"]["region"]["startLine"],
            12);
  EXPECT_EQ(moved["partialFingerprints"], unmet["partialFingerprints"]);
}

TEST(SarifReportTest, WhatSaysNothingOfTheStorageIsANotification) {
  Report report = WithFindings();
  CheckedWorkload& checked = report.workloads[0];
  checked.exploration.findings.clear();
  checked.exploration.exhausted = false;
  checked.exploration.bound = "--budget 1s";
  Conclude(checked, {});
  report.errors = {{"no.pcut", kExitUsage, "no.pcut: No such file"}};
  report.interrupted = true;
  const Json run = RunOf(report);
  EXPECT_TRUE(run["results"].is_array());
  EXPECT_TRUE(run["results"].empty());
  EXPECT_TRUE(run["tool"]["driver"]["rules"].is_array());
  const Json& invocation = run["invocations"][0];
  EXPECT_FALSE(invocation["executionSuccessful"].get<bool>());
  const Json& notifications = invocation["toolExecutionNotifications"];
  ASSERT_EQ(notifications.size(), 3u);
  EXPECT_EQ(notifications[0]["level"], "warning");
  EXPECT_EQ(notifications[0]["message"]["text"],
            "test.pcut under profile ext4-ordered: the verdict is unknown: not "
            "exhausted: --budget 1s");
  EXPECT_EQ(notifications[1]["level"], "error");
  EXPECT_EQ(notifications[1]["message"]["text"], "no.pcut: No such file");
}

TEST(SarifReportTest, PathsAreRelativeToTheFolder) {
  Report report = WithFindings();
  std::string& file = report.workloads[0].file;
  const auto uri = [&](const std::string& name) {
    file = name;
    return Artifact(RunOf(report))["uri"].get<std::string>();
  };
  EXPECT_EQ(uri("./a/../b.pcut"), "b.pcut");
  EXPECT_EQ(uri("/home/user/project/sub/b.pcut"), "sub/b.pcut");
  EXPECT_EQ(uri("/home/user/projects/b.pcut"),
            "file:///home/user/projects/b.pcut");
  EXPECT_EQ(uri("../b.pcut"), "file:///home/user/b.pcut");
  EXPECT_FALSE(Artifact(RunOf(report)).contains("uriBaseId"));
  EXPECT_EQ(uri("a b%\xff:\xc3\xa4#?.pcut"), "a%20b%25%FF%3A%C3%A4%23%3F.pcut");
  EXPECT_EQ(uri("..a"), "..a");
}

TEST(SarifReportTest, NamesOfAnyBytes) {
  Report report = WithFindings();
  Finding& finding = report.workloads[0].exploration.findings[0];
  finding.violation.cause = "name/\xff\x01";
  finding.violation.path = "/\xff";
  const Json result = RunOf(report)["results"][0];
  EXPECT_EQ(result["ruleId"], "name/\\xff\x01");
  EXPECT_THAT(result["message"]["text"].get<std::string>(),
              HasSubstr("/\\xff: "));
}

TEST(SarifReportTest, StaysWithinTheLimitAndKeepsWhatIsNew) {
  Report report = WithFindings();
  CheckedWorkload& checked = report.workloads[0];
  Finding known = checked.exploration.findings[0];
  known.violation.cause = "known";
  Finding fresh = known;
  fresh.violation.cause = "new";
  constexpr size_t kLimit = 3;
  checked.exploration.findings.assign(kLimit, known);
  checked.exploration.findings.push_back(fresh);
  Conclude(checked, {"known"});
  const Json document = Json::parse(SarifReport(report, kFolder, kLimit));
  const Json& run = document["runs"][0];
  ASSERT_EQ(run["results"].size(), kLimit);
  EXPECT_EQ(run["results"][0]["ruleId"], "new");
  EXPECT_EQ(run["tool"]["driver"]["rules"].size(), 2u);
  const auto text =
      run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
          .get<std::string>();
  EXPECT_TRUE(text.ends_with("results beyond the limit of 3 were left out."))
      << text;
}

}  // namespace
}  // namespace powercut
