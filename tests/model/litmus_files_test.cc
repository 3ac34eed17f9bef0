// Every litmus file parses, is in the canonical layout, and says what it is
// about. None of the numbered tests is missing.

#include "tests/model/litmus_files.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "model/table/profile.h"

namespace powercut {
namespace {

// The same statements with all line numbers 0, so that they can be compared by
// their meaning.
Pcut WithoutLines(Pcut pcut) {
  for (Statement& statement : pcut.statements) {
    statement.line = 0;
    statement.op.line = 0;
    statement.outcome.line = 0;
  }
  return pcut;
}

TEST(LitmusFiles, AreCanonicalAndRoundTrip) {
  for (const LitmusFile& file : LitmusFiles()) {
    EXPECT_EQ(PrintPcut(file.pcut), file.text) << file.stem;
    const Result<Pcut> again = ParsePcut(PrintPcut(file.pcut), file.stem);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(WithoutLines(*again), WithoutLines(file.pcut)) << file.stem;
  }
}

TEST(LitmusFiles, SayWhatTheyAreAbout) {
  for (const LitmusFile& file : LitmusFiles()) {
    const Workload& workload = file.workload;
    EXPECT_FALSE(workload.name.empty()) << file.stem;
    EXPECT_FALSE(LitmusNote(file, "source").empty()) << file.stem;
    EXPECT_EQ(workload.crash_kinds.size(), 1u) << file.stem;
    EXPECT_TRUE(workload.backend == "simfs" || workload.backend == "clfs")
        << file.stem;
    bool allows = false;
    for (const Outcome& outcome : workload.outcomes) {
      allows = allows || outcome.allow;
    }
    EXPECT_TRUE(allows) << file.stem << " could pass by showing nothing";
    const bool from_documents =
        LitmusNote(file, "source") != "beyond the seeds";
    EXPECT_TRUE(from_documents || !LitmusNote(file, "tag").empty())
        << file.stem;
  }
}

// Every number of docs/semantics.md 3.2 has a test, except those for which
// corpora/litmus/README.md gives a reason.
TEST(LitmusFiles, NoneIsMissing) {
  std::set<std::string> expected = {"l18b", "l23b", "l53b"};
  for (int number = 1; number <= 81; ++number) {
    if (number == 45 || number == 65) continue;
    const std::string digits = std::to_string(number);
    expected.insert((number < 10 ? "l0" : "l") + digits);
  }
  std::set<std::string> found;
  for (const LitmusFile& file : LitmusFiles()) {
    const std::string number = LitmusNumber(file.stem);
    if (number.starts_with('l')) {
      EXPECT_TRUE(found.insert(number).second) << file.stem;
    } else {
      EXPECT_TRUE(number.starts_with('x')) << file.stem;
    }
  }
  EXPECT_EQ(found, expected);
  const std::string readme = ReadSourceFile("corpora/litmus/README.md");
  for (const std::string left_out : {"L-45 ", "L-45b ", "L-65 "}) {
    EXPECT_NE(readme.find(left_out), std::string::npos) << left_out;
  }
}

}  // namespace
}  // namespace powercut
