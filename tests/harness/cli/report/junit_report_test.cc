// JUnit reports: what fails, what is skipped and what passes, and that the XML
// is valid whatever bytes names have.

#include "harness/cli/report/junit_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include "harness/base/prng.h"
#include "harness/base/utf8.h"
#include "harness/cli/report/xml_text.h"
#include "tests/harness/cli/checking.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Tree = boost::property_tree::ptree;

// The root of the document. The parser reads entities and refuses tags that do
// not match; it does not know which characters XML forbids.
Tree Parsed(const std::string& xml) {
  std::istringstream in(xml);
  Tree document;
  EXPECT_NO_THROW(boost::property_tree::read_xml(in, document)) << xml;
  return document;
}

Tree SuitesOf(const Report& report) {
  return Parsed(JunitReport(report)).get_child("testsuites");
}

// Each case as `passed NAME`, `failure NAME`, `error NAME` or `skipped NAME`.
std::vector<std::string> CasesOf(const Tree& suite) {
  std::vector<std::string> cases;
  for (const auto& [tag, node] : suite) {
    if (tag != "testcase") continue;
    std::string result = "passed";
    for (const char* other : {"failure", "error", "skipped"}) {
      if (node.get_child_optional(other)) result = other;
    }
    cases.push_back(result + " " + node.get<std::string>("<xmlattr>.name"));
  }
  return cases;
}

std::string PropertyOf(const Tree& suite, const std::string& name) {
  for (const auto& [tag, node] : suite.get_child("properties")) {
    if (node.get<std::string>("<xmlattr>.name") == name) {
      return node.get<std::string>("<xmlattr>.value");
    }
  }
  return "none";
}

Report WithFindings() {
  const SimfsScene scene({SimfsBug::kFsyncSkipsDevice});
  Report report = scene.Check(ListingOptions("prefix"));
  EXPECT_FALSE(report.workloads[0].exploration.findings.empty());
  return report;
}

Report WithoutFindings(const char* expectation) {
  std::string text = kBusyOnSimfs;
  text.resize(text.find("expect"));
  return SimfsScene({}, text + expectation).Check(ListingOptions("prefix"));
}

TEST(JunitReportTest, ACauseFailsWithItsBlock) {
  Report report = WithFindings();
  CheckedWorkload& checked = report.workloads[0];
  checked.expectations.clear();
  const std::string text = Conclude(checked, {}).text;
  const Tree suites = SuitesOf(report);
  const Tree suite = suites.get_child("testsuite");
  const std::vector<Finding>& findings = checked.exploration.findings;
  std::vector<std::string> expected;
  for (const Finding& finding : findings) {
    expected.push_back("failure " + finding.violation.cause);
    EXPECT_EQ(PropertyOf(suite, "id " + finding.violation.cause), finding.id);
  }
  EXPECT_EQ(CasesOf(suite), expected);
  for (const char* sum : {"<xmlattr>.tests", "<xmlattr>.failures"}) {
    EXPECT_EQ(suites.get<size_t>(sum), findings.size());
    EXPECT_EQ(suite.get<size_t>(sum), findings.size());
  }
  EXPECT_EQ(suite.get<std::string>("<xmlattr>.name"),
            "test.pcut under ext4-ordered");
  EXPECT_EQ(suite.get<std::string>("<xmlattr>.time"), "0.250");
  const std::string block = suite.get<std::string>("testcase.failure");
  EXPECT_EQ(text.substr(0, block.size()), block);
  EXPECT_THAT(block, HasSubstr("replay     powercut replay test.pcut"));
  EXPECT_EQ(PropertyOf(suite, "backend"), "simfs");
  EXPECT_EQ(PropertyOf(suite, "profile"), "ext4-ordered");
  EXPECT_EQ(PropertyOf(suite, "space"), "prefix");
  EXPECT_EQ(PropertyOf(suite, "seed"), std::to_string(report.seed));
  EXPECT_EQ(PropertyOf(suite, "states"),
            std::to_string(checked.exploration.states));
  EXPECT_EQ(PropertyOf(suite, "crash_points"),
            std::to_string(checked.exploration.crash_points));
  EXPECT_EQ(PropertyOf(suite, "runs"),
            std::to_string(checked.exploration.runs));
}

// A server must not fail a build that the exit status does not fail.
TEST(JunitReportTest, WhatIsExpectedPassesAndWhatIsKnownIsSkipped) {
  Report report = WithFindings();
  CheckedWorkload& checked = report.workloads[0];
  checked.exploration.findings.resize(1);
  const Violation& violation = checked.exploration.findings[0].violation;
  checked.expectations.clear();
  EXPECT_EQ(Conclude(checked, {violation.cause}).status, kExitHolds);
  EXPECT_THAT(CasesOf(SuitesOf(report).get_child("testsuite")),
              ElementsAre("skipped " + violation.cause));
  Expectation expected;
  expected.ok = false;
  expected.kind = ViolationKindName(violation.kind);
  checked.expectations = {expected};
  EXPECT_EQ(Conclude(checked, {}).status, kExitHolds);
  EXPECT_THAT(CasesOf(SuitesOf(report).get_child("testsuite")),
              ElementsAre("passed " + violation.cause));
}

TEST(JunitReportTest, WithoutACauseOneCaseSaysWhetherItHolds) {
  EXPECT_THAT(CasesOf(SuitesOf(WithoutFindings("")).get_child("testsuite")),
              ElementsAre("passed holds"));
  EXPECT_THAT(
      CasesOf(SuitesOf(WithoutFindings("expect violation lost /d/c\n"))
                  .get_child("testsuite")),
      ElementsAre("failure test.pcut:22: expected violation lost /d/c was not "
                  "found"));
  Report report = WithoutFindings("");
  CheckedWorkload& checked = report.workloads[0];
  checked.exploration.exhausted = false;
  checked.exploration.bound = "--budget 1s";
  Conclude(checked, {});
  Tree suite = SuitesOf(report).get_child("testsuite");
  EXPECT_THAT(CasesOf(suite), ElementsAre("skipped holds"));
  EXPECT_EQ(suite.get<std::string>("testcase.skipped.<xmlattr>.message"),
            "not exhausted: --budget 1s");
  checked.exploration.interrupted = true;
  Conclude(checked, {});
  suite = SuitesOf(report).get_child("testsuite");
  EXPECT_EQ(suite.get<std::string>("testcase.skipped.<xmlattr>.message"),
            "interrupted");
  checked.exploration.interrupted = false;
  checked.exploration.exhausted = true;
  checked.exploration.bound.clear();
  checked.exploration.unshown = {{"check/a", 3}};
  Conclude(checked, {});
  suite = SuitesOf(report).get_child("testsuite");
  EXPECT_THAT(CasesOf(suite), ElementsAre("skipped check/a", "skipped holds"));
}

TEST(JunitReportTest, FilesThatCouldNotBeChecked) {
  Report report;
  report.errors = {{"a.pcut", kExitUsage, "a.pcut:1: no such op"},
                   {"b.pcut", kExitCannotRun, "b.pcut: needs root"}};
  report.interrupted = true;
  const Tree suites = SuitesOf(report);
  std::vector<std::string> all;
  for (const auto& [tag, suite] : suites) {
    if (tag != "testsuite") continue;
    for (const std::string& one : CasesOf(suite)) all.push_back(one);
  }
  EXPECT_THAT(
      all, ElementsAre("error check", "skipped check", "skipped interrupted"));
  EXPECT_EQ(suites.get<int>("<xmlattr>.errors"), 1);
  EXPECT_EQ(suites.get<int>("<xmlattr>.tests"), 3);
}

// Whether a document has characters that XML 1.0 allows, and no others.
bool HasXmlCharactersOnly(std::string_view xml) {
  while (!xml.empty()) {
    const size_t size = Utf8CharacterBytes(xml);
    if (size == 0) return false;
    const std::string_view one = xml.substr(0, size);
    const auto first = static_cast<unsigned char>(one[0]);
    const bool space = first == '\t' || first == '\n' || first == '\r';
    if (first < 0x20 && !space) return false;
    if (one == "\xef\xbf\xbe" || one == "\xef\xbf\xbf") return false;
    xml.remove_prefix(size);
  }
  return true;
}

TEST(XmlTextTest, AnyBytesComeBack) {
  EXPECT_EQ(XmlText("a<b>&\"\n\t"), "a&lt;b&gt;&amp;\"\n\t");
  EXPECT_EQ(XmlText(std::string("\0\x1b[\r\xff\\x41", 9)),
            "\\x00\\x1b[&#13;\\xff\\x5cx41");
  EXPECT_EQ(XmlText("\xef\xbf\xbf\xef\xbf\xbd"), "\\xef\\xbf\\xbf\xef\xbf\xbd");
  EXPECT_EQ(XmlElement("e", {{"a", "\"<\n\t"}}),
            "<e a=\"&#34;&lt;&#10;&#9;\"/>\n");
  Prng prng(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = "-";  // the parser drops white space at the beginning
    for (uint64_t n = prng.Below(8); n > 0; --n) {
      constexpr std::string_view kLikely =
          "\\x5cf\xc3\xa4\xef\xbf\xbf\xbe\xed<>&\"'\n\r\t\x01\x7f]";
      bytes += kLikely[prng.Below(kLikely.size())];
    }
    const std::string xml = XmlElement("e", {{"a", bytes}}, XmlText(bytes));
    ASSERT_TRUE(HasXmlCharactersOnly(xml)) << xml;
    const Tree tree = Parsed(xml);
    EXPECT_EQ(UnescapeBytes(tree.get<std::string>("e")), bytes);
    EXPECT_EQ(UnescapeBytes(tree.get<std::string>("e.<xmlattr>.a")), bytes);
  }
}

TEST(JunitReportTest, NamesOfAnyBytes) {
  Report report = WithFindings();
  CheckedWorkload& checked = report.workloads[0];
  const std::string name("/\xff\x01<]]>&\"\n\\x41", 13);
  checked.file = name;
  checked.exploration.findings[0].violation.path = name;
  checked.exploration.findings[0].violation.cause = name;
  Conclude(checked, {});
  EXPECT_TRUE(HasXmlCharactersOnly(JunitReport(report)));
  const Tree suite = SuitesOf(report).get_child("testsuite");
  EXPECT_EQ(UnescapeBytes(suite.get<std::string>("<xmlattr>.name")),
            name + " under ext4-ordered");
  EXPECT_EQ(UnescapeBytes(suite.get<std::string>("testcase.<xmlattr>.name")),
            name);
}

}  // namespace
}  // namespace powercut
