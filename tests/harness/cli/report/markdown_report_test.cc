// The Markdown of a report, which a CI server shows on the page of a job.

#include "harness/cli/report/markdown_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finding FindingAt(const std::string& path, const std::string& found) {
  Finding finding;
  finding.violation.kind = ViolationKind::kLost;
  finding.violation.cause = "lost/written/write/fsync";
  finding.violation.path = path;
  finding.violation.found = found;
  finding.id = "1p@00000000";
  finding.count = 3;
  return finding;
}

Report ReportOf(const std::string& file, std::vector<Finding> findings) {
  Report report;
  report.verdict = findings.empty() ? "ok" : "violation";
  CheckedWorkload checked;
  checked.file = file;
  checked.backend = "simfs";
  checked.profile = "spec-strict";
  checked.space.mode = ExplorationSpace::kPrefix;
  checked.exploration.exhausted = true;
  checked.exploration.findings = std::move(findings);
  Conclude(checked, {});
  report.workloads.push_back(std::move(checked));
  return report;
}

TEST(MarkdownReportTest, ATableOfWorkloads) {
  const std::string text = MarkdownReport(ReportOf("w.pcut", {}));
  EXPECT_THAT(text, testing::StartsWith("## ✅ powercut: ok\n\n| file |"));
  EXPECT_THAT(text, HasSubstr("\n| w.pcut | simfs | spec-strict | ✅ ok | "
                              "prefix | 0 of 2^0.0 | 0 | 0 |\n"));
}

TEST(MarkdownReportTest, NamesCannotMakeMarkup) {
  const std::string text =
      MarkdownReport(ReportOf("a|b<img>`_\n.pcut", {FindingAt("/f", "x")}));
  EXPECT_THAT(text, HasSubstr("| a\\|b&lt;img\\>\\`\\_ .pcut |"));
  EXPECT_THAT(text, Not(HasSubstr("<img>`_\n.pcut,")));
}

TEST(MarkdownReportTest, AFenceIsLongerThanWhatIsInIt) {
  const std::string text =
      MarkdownReport(ReportOf("w.pcut", {FindingAt("/f", "a ```` b")}));
  EXPECT_THAT(text, HasSubstr("### lost /f: a \\`\\`\\`\\` b\n\nw.pcut, under "
                              "spec-strict, in 3 states.\n\n`````\nw.pcut"));
  EXPECT_THAT(text, HasSubstr("\n`````\n"));
}

TEST(MarkdownReportTest, ItIsCutWhereAServerWouldRefuseIt) {
  std::vector<Finding> findings;
  for (int i = 0; i < 100; ++i) {
    findings.push_back(FindingAt("/f", std::string(10'000, 'x')));
  }
  const std::string text = MarkdownReport(ReportOf("w.pcut", findings));
  EXPECT_LT(text.size(), size_t{1} << 20);
  EXPECT_THAT(text, testing::ContainsRegex("[0-9]+ more are in the other"));
  Report many = ReportOf("w.pcut", {});
  many.workloads.resize(100'000, many.workloads[0]);
  EXPECT_LT(MarkdownReport(many).size(), size_t{1} << 20);
  many.regressions.resize(100'000, {"f.pcut", Regression::kStale, {"no file"}});
  EXPECT_LT(MarkdownReport(many).size(), size_t{1} << 20);
}

TEST(MarkdownReportTest, RegressionsThatHoldAreCounted) {
  Report report;
  report.verdict = "violation";
  report.regressions = {{"holds.pcut", Regression::kHolds, {"no violation"}},
                        {"b.pcut", Regression::kBack, {"x", "y"}}};
  const std::string text = MarkdownReport(report);
  EXPECT_THAT(text, HasSubstr("regress: 2 files: 1 hold, 0 fixed, 1 back"));
  EXPECT_THAT(text, HasSubstr("| b.pcut | back | x<br>y |\n"));
  EXPECT_THAT(text, Not(HasSubstr("holds.pcut")));
  // What the table says is not said again.
  report.errors = {{"b.pcut", kExitUnknown, "b.pcut: x"}};
  EXPECT_EQ(MarkdownReport(report), text);
  report.regressions.clear();
  EXPECT_THAT(MarkdownReport(report), HasSubstr("\n* b.pcut: x\n"));
}

}  // namespace
}  // namespace powercut
