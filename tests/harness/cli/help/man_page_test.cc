// The man pages that the build made are sound for the reader of man pages.

#include "harness/cli/help/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/harness/cli/help/declared_verbs.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

constexpr const char* kMandoc = "/usr/bin/mandoc";

std::string PageOf(const std::string& name) {
  return std::string(POWERCUT_SHARE) + "/man/man1/" + name + ".1";
}

std::vector<std::string> Pages() {
  std::vector<std::string> pages = {PageOf("powercut")};
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    pages.push_back(PageOf("powercut-" + verb.name));
  }
  return pages;
}

// What mandoc has to say of pages. They have no date, on purpose.
Ended Lint(std::vector<std::string> pages) {
  pages.insert(pages.begin(), {kMandoc, "-T", "lint", "-W", "warning"});
  Ended ended = Subprocess(pages).Wait();
  std::string rest;
  for (size_t at = 0; at < ended.out.size();) {
    const size_t end = ended.out.find('\n', at) + 1;
    const std::string line = ended.out.substr(at, end - at);
    if (line.find("missing date") == line.npos) rest += line;
    at = end;
  }
  ended.out = rest;
  return ended;
}

TEST(ManPage, AllAreMade) {
  size_t files = 0;
  for (const std::string& page : Pages()) {
    EXPECT_TRUE(std::filesystem::exists(page)) << page;
  }
  for (const auto& entry : std::filesystem::directory_iterator(
           std::string(POWERCUT_SHARE) + "/man/man1")) {
    files += entry.path().extension() == ".1" ? 1 : 0;
  }
  EXPECT_EQ(files, Pages().size());
}

TEST(ManPage, LintIsClean) {
  if (!std::filesystem::exists(kMandoc)) {
    GTEST_SKIP() << kMandoc << " is not there (Debian package mandoc)";
  }
  const Ended ended = Lint(Pages());
  EXPECT_EQ(ended.out + ended.err, "");
  // A page that is not sound is told.
  const TemporaryFolder folder;
  EXPECT_NE(Lint({folder.Write("bad.1", ".TH X 1\n.SH NAME\nx\n.XX\n")}).out,
            "");
}

TEST(ManPage, ReadersSeeTheFlagsAsTheyAreTyped) {
  if (!std::filesystem::exists(kMandoc)) {
    GTEST_SKIP() << kMandoc << " is not there (Debian package mandoc)";
  }
  const auto read = [](const std::string& page) {
    // Bold letters overstrike.
    return Subprocess({"/bin/bash", "-c",
                       std::string(kMandoc) + " -T ascii " + page +
                           " | sed 's/.\\x08//g'"})
        .Wait()
        .out;
  };
  for (const DeclaredVerb& verb : DeclaredVerbs()) {
    const std::string text = read(PageOf("powercut-" + verb.name));
    for (const DeclaredFlag& flag : verb.flags) {
      for (const std::string& name : flag.names) {
        EXPECT_THAT(text, HasSubstr(name)) << verb.name;
      }
    }
  }
  EXPECT_THAT(read(PageOf("powercut-explore")),
              HasSubstr("powercut explore log.trace --check 'test ! -s "));
  const std::string whole = read(PageOf("powercut"));
  EXPECT_THAT(whole, HasSubstr("57p-w56:0@2a46e7f2"));
  EXPECT_THAT(whole, HasSubstr("2^14"));
}

}  // namespace
}  // namespace powercut
