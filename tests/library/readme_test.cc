// The test that docs/library.md and README.md show, and the report that
// README.md shows of the same log with a mistake.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <powercut/gtest.hpp>

#include "tests/library/small_log.h"

TEST(SmallLog, SurvivesCrashes) {
  powercut::World world;
  SmallLog log(world);
  for (uint64_t n = 1; n <= 3; ++n) {
    world.attempt(n);  // from here on, n may be found
    log.Append(SmallLogText(n));
    world.ack(n);  // from here on, n must be found
  }
  for (powercut::State& state : powercut::ExpectAll(world)) {
    SmallLog recovered(state);  // as after a reboot
    for (uint64_t n = 1; n <= 3; ++n) {
      ASSERT_TRUE(!state.must_have(n) || n <= recovered.records().size());
    }
    for (uint64_t n = 1; n <= recovered.records().size(); ++n) {
      ASSERT_TRUE(state.may_have(n));
      ASSERT_EQ(recovered.records()[n - 1], SmallLogText(n));
    }
  }
}

namespace {

// The same with a log that has no checksums, and its report.
std::string ReportWithoutChecksums() {
  const SmallLogMistakes mistakes{.no_checksum = true};
  powercut::World world;
  FillSmallLog(world, 3, mistakes);
  powercut::States states = world.explore({.profiles = "ext4-ordered"});
  for (powercut::State& state : states) {
    const SmallLog log(state, mistakes);
    for (uint64_t n = 1; n <= log.records().size(); ++n) {
      if (log.records()[n - 1] == SmallLogText(n)) continue;
      state.violation("torn-record",
                      "record " + std::to_string(n) + " is not as appended");
    }
  }
  return states.report();
}

std::string FileText(const std::string& path) {
  std::ifstream in(std::string(POWERCUT_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Each line indented as in a document.
std::string Indented(const std::string& text) {
  std::string indented;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    indented += line.empty() ? "\n" : "    " + line + "\n";
  }
  return indented;
}

bool Shows(const std::string& document, const std::string& text) {
  return FileText(document).find(Indented(text)) != std::string::npos;
}

// What the documents show is what there is.
TEST(ReadmeTest, ShowsTheTestAndTheReport) {
  const std::string source = FileText("tests/library/readme_test.cc");
  const size_t begin = source.find("TEST(SmallLog,");
  const std::string test =
      source.substr(begin, source.find("\n}\n", begin) + 3 - begin);
  EXPECT_TRUE(Shows("README.md", test)) << Indented(test);
  EXPECT_TRUE(Shows("docs/library.md", test)) << Indented(test);
  std::string report = ReportWithoutChecksums();
  // The path of the sources depends on where they were built.
  const std::string folder = std::string(POWERCUT_SOURCE_DIR) + "/";
  for (size_t at; (at = report.find(folder)) != std::string::npos;) {
    report.erase(at, folder.size());
  }
  EXPECT_TRUE(Shows("README.md", report)) << Indented(report);
}

}  // namespace
