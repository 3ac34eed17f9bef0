// Plants each oddity of a log alone: lint reports it once, at its place, and
// reports nothing for the same log without it.

#include "harness/block_log/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/block_log/log_entries.h"

namespace powercut {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

// Lints the entries as a kernel log, after adding what every such log must
// have.
std::vector<std::string> KernelLint(std::vector<BlockLogEntry> entries) {
  entries.push_back(FlushOf());
  entries.push_back(MarkOf("dm-log-writes-end"));
  return LintOf(LogOf(std::move(entries)), BlockLogOrigin::kKernel, false);
}

std::vector<std::string> QemuLint(std::vector<BlockLogEntry> entries) {
  entries.push_back(FlushOf());
  return LintOf(LogOf(std::move(entries)), BlockLogOrigin::kQemu, true);
}

TEST(LogLintTest, OrdinaryLogsHaveNone) {
  EXPECT_THAT(
      KernelLint({WriteOf(0, 1, BlockLogEntry::kMetadata), MarkOf("mkfs"),
                  WriteOf(1, 1, BlockLogEntry::kFua), FlushOf(), WriteOf(1, 1),
                  WriteOf(2, 1, 3), WriteOf(1, 1)}),
      IsEmpty());
  EXPECT_THAT(
      QemuLint({WriteOf(0, 1), WriteOf(1, 1), FlushOf(), WriteOf(0, 1)}),
      IsEmpty());
}

TEST(LogLintTest, Discards) {
  EXPECT_THAT(KernelLint({WriteOf(0, 1), DiscardOf(1, 1), DiscardOf(2, 1)}),
              ElementsAre("entry 1 at byte 1536: a discard: taken as zeros; "
                          "the log does not say what the disk held afterwards "
                          "(first of 2)"));
  EXPECT_THAT(
      KernelLint({DiscardOf(1, 1, BlockLogEntry::kFua)}),
      ElementsAre(HasSubstr("taken as zeros"), HasSubstr("no known writer")));
}

TEST(LogLintTest, EntriesThatDoNothing) {
  EXPECT_THAT(KernelLint({WriteOf(0, 0, BlockLogEntry::kFua)}),
              ElementsAre(StartsWith("entry 0 at byte 512: neither sectors")));
}

TEST(LogLintTest, InlineData) {
  BlockLogEntry entry = WriteOf(0, 2);
  entry.data_len = 700;
  EXPECT_THAT(KernelLint({entry}),
              ElementsAre(StartsWith("entry 0 at byte 512: less data")));
  entry.data_len = 1024;
  EXPECT_THAT(KernelLint({entry}), IsEmpty());
}

TEST(LogLintTest, WritesOverOthersOfTheirEpoch) {
  EXPECT_THAT(KernelLint({WriteOf(0, 4), WriteOf(3, 1)}),
              ElementsAre(StartsWith("entry 1 at byte 3072: sectors that were "
                                     "written in the same epoch")));
  EXPECT_THAT(KernelLint({WriteOf(0, 3), WriteOf(3, 1)}), IsEmpty());
  EXPECT_THAT(KernelLint({WriteOf(0, 4), FlushOf(), WriteOf(3, 1)}), IsEmpty());
  EXPECT_THAT(KernelLint({WriteOf(0, 4, BlockLogEntry::kFua), WriteOf(3, 1)}),
              ElementsAre(HasSubstr("may be the older one")));
  // Plain writes enter the log at a flush, and a preflush is one.
  EXPECT_THAT(KernelLint({WriteOf(0, 4, 3), WriteOf(3, 1)}),
              ElementsAre(HasSubstr("in the order of completion")));
}

TEST(LogLintTest, WritesThatNothingPromises) {
  EXPECT_THAT(
      LintOf(LogOf({FlushOf(), WriteOf(0, 1, BlockLogEntry::kFua),
                    WriteOf(1, 1), WriteOf(2, 1), MarkOf("dm-log-writes-end")}),
             BlockLogOrigin::kKernel, false),
      ElementsAre("entry 2 at byte 2048: no flush follows: nothing "
                  "promises it (first of 2)"));
  EXPECT_THAT(LintOf(LogOf({WriteOf(0, 1)}), BlockLogOrigin::kQemu, true),
              ElementsAre(HasSubstr("was it cache=unsafe?")));
}

TEST(LogLintTest, EndOfAKernelLog) {
  EXPECT_THAT(LintOf(LogOf({FlushOf()}), BlockLogOrigin::kKernel, false),
              ElementsAre(StartsWith("entry 1 at byte 1024: no mark "
                                     "dm-log-writes-end")));
  EXPECT_THAT(KernelLint({MarkOf("dm-log-writes-end"), WriteOf(0, 1)}),
              ElementsAre(StartsWith("entry 1 at byte 1024: after the mark "
                                     "dm-log-writes-end")));
}

TEST(LogLintTest, MarksOfPowercutsOwn) {
  EXPECT_THAT(KernelLint({MarkOf("powercut:ack 1"), MarkOf("powercut"),
                          MarkOf("powercut:begin 1"), MarkOf("powercut:run")}),
              ElementsAre(testing::AllOf(StartsWith("entry 2 at byte 1536: a "
                                                    "mark of powercut's own"),
                                         HasSubstr("(first of 2)"))));
}

TEST(LogLintTest, WhatQemuDoesNotWrite) {
  BlockLogEntry with_length = WriteOf(0, 1);
  with_length.data_len = 512;
  for (const BlockLogEntry& entry :
       {WriteOf(0, 1, BlockLogEntry::kFua),
        WriteOf(0, 1, BlockLogEntry::kMetadata),
        WriteOf(0, 1, BlockLogEntry::kFlush), MarkOf("mkfs"), with_length}) {
    EXPECT_THAT(QemuLint({entry}),
                ElementsAre(HasSubstr("say --origin kernel")));
  }
}

TEST(LogLintTest, FuaThatQemuDoesNotLog) {
  const std::vector<BlockLogEntry> entries = {
      WriteOf(0, 1), WriteOf(1, 1), FlushOf(),     DiscardOf(4, 1),
      WriteOf(2, 1), FlushOf(),     WriteOf(3, 1), FlushOf()};
  EXPECT_THAT(LintOf(LogOf(entries), BlockLogOrigin::kQemu, false),
              ElementsAre(testing::AllOf(
                              StartsWith("entry 0 at byte 512: the first write "
                                         "after a flush"),
                              HasSubstr("(first of 2)")),
                          HasSubstr("taken as zeros")));
}

TEST(LogLintTest, LargeSectorsOfQemu) {
  BlockLog log = LogOf({FlushOf()});
  log.sector_bytes = 4096;
  EXPECT_THAT(LintOf(log, BlockLogOrigin::kQemu, true),
              ElementsAre(StartsWith("superblock at byte 24: sectors of 4096 "
                                     "bytes")));
}

}  // namespace
}  // namespace powercut
