// Which words of results are colored.

#include "harness/cli/terminal/verdict_color.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace powercut {
namespace {

// The text with each escape sequence in angle brackets, such as `<32>`.
std::string Shown(std::string text) {
  for (size_t at; (at = text.find("\033[")) != std::string::npos;) {
    const size_t end = text.find('m', at);
    text = text.substr(0, at) + "<" + text.substr(at + 2, end - at - 2) + ">" +
           text.substr(end + 1);
  }
  return text;
}

std::string Verdicts(const std::string& text) {
  return Shown(ColoredVerdicts(text));
}

std::string Table(const std::string& text) { return Shown(ColoredTable(text)); }

TEST(VerdictColor, FirstLineAndCauseOfAFinding) {
  EXPECT_EQ(Verdicts("a.pcut:13: violation: name /a\n"
                     "  op 7       rename /b /a         not returned\n"
                     "  found      /a missing\n"
                     "  cause      name/target/rename/sync   in 5 states\n"
                     "  replay     powercut replay a.pcut --at 78p@188b34b1\n"),
            "a.pcut:13: <1;31>violation<0>: name /a\n"
            "  op 7       rename /b /a         not returned\n"
            "  found      /a missing\n"
            "  cause      <1>name/target/rename/sync<0>   in 5 states\n"
            "  replay     powercut replay a.pcut --at 78p@188b34b1\n");
}

TEST(VerdictColor, SummaryLines) {
  EXPECT_EQ(Verdicts("a: ok: simfs under profile xfs; 1 cause: unknown: x\n"),
            "a: <32>ok<0>: simfs under profile xfs; 1 cause: unknown: x\n");
  EXPECT_EQ(Verdicts("a: unknown: simfs\n"), "a: <33>unknown<0>: simfs\n");
  EXPECT_EQ(Verdicts("a: violation: s\nb: ok: t"),
            "a: <1;31>violation<0>: s\nb: <32>ok<0>: t");
  EXPECT_EQ(Verdicts("a:4: unseen: allow x\n"),
            "a:4: <1;31>unseen<0>: allow x\n");
  EXPECT_EQ(Verdicts("a: 57p@2a46e7f2: admissible\n"),
            "a: 57p@2a46e7f2: <32>admissible<0>\n");
  EXPECT_EQ(Verdicts("verdict under ntfs-3g: violation\n"),
            "verdict under ntfs-3g: <1;31>violation<0>\n");
}

TEST(VerdictColor, NothingElse) {
  for (const char* text :
       {"", "\n", "litmus: 1 test, 2 runs: 2 ok, 0 violation\n",
        "  found      ok: all\n", "  admissible exit status 0 of the check\n",
        "it is okay: so\n"}) {
    EXPECT_EQ(Verdicts(text), text);
  }
}

TEST(VerdictColor, RowsOfTables) {
  EXPECT_EQ(Table("worlds of a.trace\n"
                  "  posix-minimal   violation  exit status 1   in 4 states\n"
                  "                             powercut replay ok\n"
                  "  ext4-journal    ok         all\n"),
            "worlds of a.trace\n"
            "  posix-minimal   <1;31>violation<0>  exit status 1   in 4 "
            "states\n"
            "                             powercut replay ok\n"
            "  ext4-journal    <32>ok<0>         all\n");
  EXPECT_EQ(Table("  simfs    spec-strict     ok                15\n"),
            "  simfs    spec-strict     <32>ok<0>                15\n");
  EXPECT_EQ(Table("  backend  profile         verdict\n"),
            "  backend  profile         verdict\n");
  EXPECT_EQ(Table("  ok\n"), "  ok\n");
}

TEST(VerdictColor, TheFlagBeatsTheTerminal) {
  // Standard output is no terminal here.
  ASSERT_EQ(ColorWord(), kColorAuto);
  EXPECT_FALSE(UsesColor());
  setenv("NO_COLOR", "1", /*overwrite=*/1);
  ColorWord() = kColorAlways;
  EXPECT_TRUE(UsesColor());
  unsetenv("NO_COLOR");
  ColorWord() = kColorNever;
  EXPECT_FALSE(UsesColor());
  ColorWord() = kColorAuto;
}

}  // namespace
}  // namespace powercut
