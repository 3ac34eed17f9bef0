// Compares the litmus suite on ntfs-3g with the table of backends/README.md. A
// test that differs and is not in the table is news, and a test in the table
// that does not differ any more is a false claim.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "harness/litmus/litmus.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

constexpr const char* kClaim = "ntfs-3g";
constexpr const char* kHeading = "## Litmus tests on ntfs-3g\n";

using Names = std::set<std::string>;
// Maps what the column `seen` begins with to the tests of all rows with that
// beginning.
using Table = std::map<std::string, Names>;

constexpr const char* kViolates = "violates";
constexpr const char* kStrictViolates = "violates under spec-strict";
constexpr const char* kUnseen = "never seen";
constexpr const char* kLinuxUnseen = "never seen under linux-man";
constexpr const char* kNotOffered = "not offered";
constexpr const char* kOtherStatus = "other status";
// This word is not in the table, only in the summary.
constexpr const char* kOk = "ok";

std::vector<std::string> SplitAt(char mark, const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, mark);) parts.push_back(part);
  return parts;
}

// Returns the tests that a cell names, in words such as l02, l18b and x107.
Names TestsIn(const std::string& cell) {
  Names tests;
  std::istringstream in(cell);
  for (std::string word; in >> word;) {
    EXPECT_TRUE((word[0] == 'l' || word[0] == 'x') && word.size() >= 3 &&
                isdigit(word[1]) != 0)
        << "`" << word << "` is no litmus test; the column is: " << cell;
    EXPECT_TRUE(tests.insert(word).second) << word << " is there twice";
  }
  return tests;
}

// Reads the rows `| group | tests | seen: details | why |` under the heading.
Table TableIn(const std::string& readme) {
  Table table;
  const size_t begin = readme.find(kHeading);
  EXPECT_NE(begin, std::string::npos) << "no section " << kHeading;
  if (begin == std::string::npos) return table;
  const size_t end = readme.find("\n## ", begin);
  for (const std::string& line :
       SplitAt('\n', readme.substr(begin, end - begin))) {
    if (!line.starts_with("| ") || line.starts_with("| group ")) continue;
    const std::vector<std::string> cells = SplitAt('|', line);
    EXPECT_EQ(cells.size(), 5u) << line;
    if (cells.size() != 5) continue;
    const std::string verdict = cells[3].substr(1, cells[3].find(':') - 1);
    EXPECT_TRUE(verdict == kViolates || verdict == kStrictViolates ||
                verdict == kUnseen || verdict == kLinuxUnseen ||
                verdict == kNotOffered || verdict == kOtherStatus)
        << "`" << verdict
        << "` is no way to differ that this test knows: " << line;
    const Names tests = TestsIn(cells[2]);
    EXPECT_FALSE(tests.empty()) << line;
    table[verdict].insert(tests.begin(), tests.end());
  }
  return table;
}

bool HasUnseen(const LitmusRun& run) {
  return std::any_of(run.outcomes.begin(), run.outcomes.end(),
                     [](const LitmusOutcome& outcome) {
                       return outcome.applies && outcome.allow &&
                              outcome.observed == 0;
                     });
}

// Runs the suite with blocks that a device writes whole, as the table says.
Table SuiteUnder(const std::string& profile) {
  Table seen;
  const auto backend = MakeBackend("ntfs-3g").value();
  LitmusOptions options;
  options.atomic_bytes = 4096;
  for (const std::string& file : PcutFiles("litmus")) {
    const std::string stem = std::filesystem::path(file).stem();
    const std::string name = stem.substr(0, stem.find('_'));
    const Workload test = MustParse(ReadWholeFile(file), file);
    const Result<LitmusRun> run = RunLitmus(*backend, test, profile, options);
    if (!run) {
      EXPECT_EQ(run.error().code, ErrorCode::kBadInput) << run.error().message;
      seen[kOtherStatus].insert(name);
    } else if (run->verdict == LitmusRun::kUnsupported) {
      seen[kNotOffered].insert(name);
    } else {
      const bool ok = run->verdict == LitmusRun::kOk;
      seen[ok ? kOk : kViolates].insert(name);
      if (HasUnseen(*run)) seen[kUnseen].insert(name);
    }
  }
  return seen;
}

std::string Missing(const Names& from, const Names& of) {
  std::string text;
  for (const std::string& name : of) {
    if (!from.contains(name)) text += " " + name;
  }
  return text;
}

// Returns what differs between the table and the suite, in one line each. Empty
// if they agree.
std::string Differences(const std::string& what, const Names& listed,
                        const Names& seen) {
  std::string text;
  if (const std::string news = Missing(listed, seen); !news.empty()) {
    text += what + ", but not in the table:" + news + "\n";
  }
  if (const std::string gone = Missing(seen, listed); !gone.empty()) {
    text += "in the table, but not seen, " + what + ":" + gone + "\n";
  }
  return text;
}

Names Together(const Names& a, const Names& b) {
  Names both = a;
  both.insert(b.begin(), b.end());
  return both;
}

std::string Readme() {
  return ReadWholeFile(std::string(POWERCUT_SOURCE_DIR) +
                       "/backends/README.md");
}

Table Listed() { return TableIn(Readme()); }

// Returns the last line of `powercut litmus`. No test is `unseen`, since
// storage that need not show all that is allowed is not blamed for it.
std::string SummaryOf(Table seen) {
  const size_t tests = PcutFiles("litmus").size();
  return fmt::format(
      "litmus: {0} tests, {0} runs: {1} ok, {2} violation, 0 unseen, "
      "{3} unsupported, {4} not run for errors\n",
      tests, seen[kOk].size(), seen[kViolates].size(), seen[kNotOffered].size(),
      seen[kOtherStatus].size());
}

TEST(Ntfs3gLitmus, ComparingIsNotVacuous) {
  const std::string head = std::string(kHeading) + "\n| group | a | b | c |\n";
  const Table table = TableIn(head +
                              "| one | l02 x107 | violates: x | y |\n"
                              "| two | l18b | violates: x | y |\n"
                              "| three | l02 | never seen: x | y |\n"
                              "\n## Next\n| four | l99 | violates: x | y |\n");
  ASSERT_EQ(table.size(), 2u);
  EXPECT_EQ(table.at(kViolates), (Names{"l02", "l18b", "x107"}));
  EXPECT_EQ(table.at(kUnseen), Names{"l02"});
  EXPECT_EQ(Differences("violates", {"l02"}, {"l02"}), "");
  EXPECT_EQ(Differences("violates", {"l02"}, {"l02", "l03"}),
            "violates, but not in the table: l03\n");
  EXPECT_EQ(Differences("violates", {"l02", "l03"}, {"l02"}),
            "in the table, but not seen, violates: l03\n");
}

TEST(Ntfs3gLitmus, DiffersUnderItsClaimAsTheTableSays) {
  Table listed = Listed();
  Table seen = SuiteUnder(kClaim);
  EXPECT_FALSE(seen[kViolates].empty());
  for (const char* what : {kViolates, kUnseen, kNotOffered, kOtherStatus}) {
    EXPECT_EQ(Differences(what, listed[what], seen[what]), "");
  }
  EXPECT_NE(Readme().find(SummaryOf(seen)), std::string::npos)
      << "the summary is now: " << SummaryOf(seen);
}

TEST(Ntfs3gLitmus, DiffersUnderLinuxManAsTheTableSays) {
  Table listed = Listed();
  Table seen = SuiteUnder("linux-man");
  EXPECT_EQ(Differences(kViolates, listed[kViolates], seen[kViolates]), "");
  EXPECT_EQ(
      Differences(kLinuxUnseen, Together(listed[kUnseen], listed[kLinuxUnseen]),
                  seen[kUnseen]),
      "");
}

TEST(Ntfs3gLitmus, ViolatesUnderSpecStrictAsTheTableSays) {
  Table listed = Listed();
  Table seen = SuiteUnder("spec-strict");
  EXPECT_EQ(Differences(kStrictViolates,
                        Together(listed[kViolates], listed[kStrictViolates]),
                        seen[kViolates]),
            "");
}

}  // namespace
}  // namespace powercut
