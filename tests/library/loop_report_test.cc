// Tests the report of a loop as text: each line that it can have, and what
// becomes of bytes that a terminal must not get.

#include "library/states/loop_report.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace powercut {
namespace {

LoopFinding FullFinding() {
  LoopFinding finding;
  finding.cause = "lost/wal";
  finding.profile = "spec-strict";
  finding.states = 12;
  finding.file = "wal.cc";
  finding.line = 88;
  finding.text = "record 3 is torn\nand 4";
  finding.crash = "after `fdatasync /wal`";
  finding.lost = {"write /wal 0 512", "write /wal 512 512"};
  finding.sources = {"addr2line 1", "addr2line 2"};
  finding.remedy = "fsync /";
  finding.id = "61p@3f9a01c2";
  return finding;
}

TEST(LoopReportTest, AFindingHasARowForAllThatIsKnown) {
  EXPECT_EQ(FindingText(FullFinding()),
            "violation: lost/wal   in 12 states of spec-strict\n"
            "  said      wal.cc:88: record 3 is torn\n"
            "            and 4\n"
            "  crash     after `fdatasync /wal`\n"
            "  lost      write /wal 0 512\n"
            "  lost      write /wal 512 512\n"
            "  source    addr2line 1\n"
            "  source    addr2line 2\n"
            "  remedy    fsync /\n"
            "  replay    POWERCUT_AT=61p@3f9a01c2\n");
  LoopFinding bare;
  bare.cause = "died";
  bare.profile = "ext4";
  bare.states = 1;
  EXPECT_EQ(FindingText(bare), "violation: died   in 1 state of ext4\n");
  bare.file = "a.cc";
  bare.line = 1;
  EXPECT_EQ(FindingText(bare),
            "violation: died   in 1 state of ext4\n  said      a.cc:1\n");
}

TEST(LoopReportTest, BytesThatATerminalMustNotGetAreNumbers) {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"plain ~ text", "plain ~ text"},
      {"\x1b[31m", "\\x1b[31m"},
      {std::string("a\0b", 3), "a\\x00b"},
      {"a\tb\r", "a\\x09b\\x0d"},
      {"\x7f", "\\x7f"},
      {"\x1f \x20", "\\x1f  "},
      {"\xc3\xa4", "\xc3\xa4"},
      {"\xc3", "\\xc3"},
      {"\xff\xfe", "\\xff\\xfe"},
  };
  for (const auto& [said, shown] : texts) {
    LoopFinding finding;
    finding.cause = "c";
    finding.profile = "p";
    finding.states = 1;
    finding.text = said;
    EXPECT_EQ(FindingText(finding),
              "violation: c   in 1 state of p\n  said      " + shown + "\n");
  }
}

LoopPart Part(LoopVerdict verdict, const std::string& profile,
              const std::string& why) {
  LoopPart part;
  part.verdict = verdict;
  part.profile = profile;
  part.why = why;
  part.crash_points = 2;
  part.states = 3;
  part.runs = 1;
  part.space_log2 = 1.585;
  part.space = "exhaustive";
  return part;
}

// The worst verdict is the whole's, and of two like ones the first says why.
TEST(LoopReportTest, TheWorstPartDecides) {
  const std::vector<LoopVerdict> ascending = {
      LoopVerdict::kHolds, LoopVerdict::kUnknown, LoopVerdict::kError,
      LoopVerdict::kViolation};
  for (size_t a = 0; a < ascending.size(); ++a) {
    for (size_t b = 0; b < ascending.size(); ++b) {
      LoopReport report;
      report.Add(Part(ascending[a], "one", "first"));
      report.Add(Part(ascending[b], "two", "second"));
      EXPECT_EQ(report.verdict, ascending[std::max(a, b)]);
      EXPECT_EQ(report.why, b > a ? "second" : "first");
      EXPECT_EQ(report.parts.size(), 2u);
      EXPECT_EQ(report.states(), 6u);
      EXPECT_EQ(report.runs(), 2u);
    }
  }
}

TEST(LoopReportTest, PartsAndTheAuditHaveALineEach) {
  LoopReport report;
  report.findings = {FullFinding()};
  report.Add(Part(LoopVerdict::kHolds, "spec-strict", ""));
  report.Add(Part(LoopVerdict::kUnknown, "ext4", "--budget of 1s"));
  report.Add(Part(LoopVerdict::kError, "xfs", "no room"));
  report.Add(Part(LoopVerdict::kError, "", "no room at all"));
  report.Add(Part(LoopVerdict::kHolds, "btrfs", "one state"));
  report.parts.back().space.clear();
  using Need = AuditedSync::Need;
  report.audit = {
      {"ext4", Need::kNeeded, "fsync /a", "a.cc:3", "lost/a", "5p@0", ""},
      {"ext4", Need::kNeeded, "fsync /b", "", "lost/b", "6p@0", "fdatasync"},
      {"ext4", Need::kRedundant, "fsync /c", "c.cc:1", "", "", ""},
  };
  EXPECT_EQ(
      ReportText(report),
      FindingText(FullFinding()) +
          "spec-strict: holds: 2 crash points, 3 states of 2^1.6 in 1 runs "
          "(exhaustive)\n"
          "ext4: unknown: 2 crash points, 3 states of 2^1.6 in 1 runs "
          "(exhaustive): --budget of 1s\n"
          "xfs: error: no room\n"
          "btrfs: holds: one state\n"
          "ext4: audit: fsync /a at a.cc:3: needed: without it, lost/a at "
          "5p@0\n"
          "ext4: audit: fsync /b: needed (fdatasync is enough): without it, "
          "lost/b at 6p@0\n"
          "ext4: audit: fsync /c at c.cc:1: redundant\n"
          "verdict: error: no room\n");
}

}  // namespace
}  // namespace powercut
