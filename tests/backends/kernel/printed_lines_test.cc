// What a report takes from the output of a check and of a file system's own
// checker: which lines, in which order, and how they are cut.

#include "backends/kernel/printed_lines.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace powercut::kernel {
namespace {

std::string LastOf(const std::string& printed) {
  std::istringstream in(printed);
  return LastLineOf(in);
}

TEST(PrintedLines, TheLastLineIsOneWithWords) {
  EXPECT_EQ(LastOf(""), "");
  EXPECT_EQ(LastOf(" \t\r\n\n"), "");
  EXPECT_EQ(LastOf("one\ntwo"), "two");
  EXPECT_EQ(LastOf("one\n  two \t\n \n"), "two");
  EXPECT_EQ(LastOf("10 %\r20 %\rdone\r"), "done");
  EXPECT_EQ(LastOf("a\x1b[2Jb\n"), "a?[2Jb");
}

TEST(PrintedLines, LongLinesAreCutAtAWholeCharacter) {
  EXPECT_EQ(LastOf(std::string(1000, 'x') + "\n"), std::string(1000, 'x'));
  EXPECT_EQ(LastOf(std::string(5000, 'x') + "\n"), std::string(1000, 'x'));
  // The two bytes of the last character do not fit.
  EXPECT_EQ(LastOf(std::string(999, 'x') + "\xc3\xa4\n"),
            std::string(999, 'x'));
  // Blanks before the words do not count.
  EXPECT_EQ(LastOf(std::string(5000, ' ') + "late\n"), "late");
}

TEST(PrintedLines, ComplaintsAreTheFirstThree) {
  VolumeChecker checker;
  checker.chatter = {"Phase ", "- scan"};
  const std::string printed =
      "Phase 1\n  d is bad\n\n        - scan\nb is bad\nc is bad\na is bad\n";
  EXPECT_EQ(ComplaintsOf(checker, printed), "d is bad; b is bad; c is bad");
  EXPECT_EQ(ComplaintsOf(checker, "Phase 1\n - scan\n"), "");
  EXPECT_EQ(ComplaintsOf(checker, std::string(300, 'x') + "\ny\n"),
            std::string(200, 'x') + "; y");
}

// Threads print in any order, and a report must not depend on it.
TEST(PrintedLines, ComplaintsOfThreadsAreSorted) {
  VolumeChecker checker;
  checker.parallel = true;
  for (const char* printed : {"d\nb\nc\na\n", "a\nc\nb\nd\n"}) {
    EXPECT_EQ(ComplaintsOf(checker, printed), "a; b; c");
  }
}

}  // namespace
}  // namespace powercut::kernel
