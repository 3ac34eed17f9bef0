// Which kind a regression becomes, and that a report keeps it.

#include "harness/cli/report/regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/cli/report/report_json.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CheckedWorkload Checked() {
  CheckedWorkload checked;
  checked.file = "f.pcut";
  checked.exploration.exhausted = true;
  checked.exploration.digest = 0xabc;
  return checked;
}

TEST(RegressionTest, WhatABoundLeftOpenIsUnknown) {
  CheckedWorkload checked = Checked();
  checked.exploration.exhausted = false;
  checked.exploration.bound = "--budget 1s";
  // The expected violation may be in a state that was not judged.
  checked.unmet = {{9, "expected violation lost was not found"}};
  const Regression regression = RegressionOf(checked, NamedState::kNone, "");
  EXPECT_EQ(regression.kind, Regression::kUnknown);
  EXPECT_THAT(regression.reasons, ElementsAre("not exhausted: --budget 1s"));
  EXPECT_EQ(StatusOf(regression), kExitUnknown);
}

TEST(RegressionTest, TheWorstKindCountsAndAllReasonsAreGiven) {
  CheckedWorkload checked = Checked();
  checked.unmet = {{9, "expected violation lost was not found"}};
  const Regression regression =
      RegressionOf(checked, NamedState::kOtherRecording, "1p@00000001");
  EXPECT_EQ(regression.kind, Regression::kFixed);
  EXPECT_THAT(regression.reasons,
              ElementsAre("f.pcut:9: expected violation lost was not found",
                          "also stale: `at 1p@00000001` belongs to another "
                          "recording (00000abc here)"));
  EXPECT_EQ(StatusOf(regression), kExitViolation);
}

TEST(RegressionTest, KindsHaveNames) {
  for (const auto kind :
       {Regression::kHolds, Regression::kFixed, Regression::kBack,
        Regression::kStale, Regression::kUnknown}) {
    EXPECT_EQ(RegressionKindFromName(RegressionKindName(kind)), kind);
  }
  EXPECT_EQ(RegressionKindFromName("gone"), std::nullopt);
}

TEST(RegressionTest, AReportKeepsThem) {
  Report report;
  report.verdict = "violation";
  report.regressions = {{"a", Regression::kBack, {"x", "y"}},
                        {"b", Regression::kHolds, {"no violation"}}};
  const std::string text = JsonReport(report);
  const auto read = ReadReport(text, "r.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->regressions, report.regressions);
  EXPECT_EQ(JsonReport(*read), text);
  std::string other = text;
  other.replace(other.find("\"back\""), 6, "\"gone\"");
  EXPECT_THAT(ReadReport(other, "r.json").error().message,
              HasSubstr("regressions[0].became: expected holds, fixed"));
}

}  // namespace
}  // namespace powercut
