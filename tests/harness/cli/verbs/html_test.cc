// Pages of reports: each is the page with the JSON report in it, whichever verb
// writes it, and works in a browser.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "harness/cli/report/html_report.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSafe = R"(powercut 1
backend simfs
crash   power
init
  create /f
run
  write  /f 0 512
  fsync  /f
)";

class HtmlTest : public ::testing::Test {
 protected:
  // Runs a verb with both flags and expects the page of its own JSON report.
  Ended Run(std::vector<std::string> command, const std::string& name) const {
    const std::vector<std::string> flags = {
        "--json", folder_.File(name + ".json"), "--html",
        folder_.File(name + ".html")};
    command.insert(command.begin() + 1, flags.begin(), flags.end());
    const Ended ended = RunTool(command);
    EXPECT_TRUE(folder_.Read(name + ".html") ==
                HtmlPage(folder_.Read(name + ".json")))
        << name << ended.err;
    return ended;
  }

  // Runs `powercut report` and expects the page that the verb wrote.
  void ExpectSamePage(const std::string& name) const {
    const std::string again = folder_.File(name + ".again.html");
    const Ended ended =
        RunTool({"report", folder_.File(name + ".json"), "--html", again});
    EXPECT_EQ(ended.status, kHolds) << ended.err;
    EXPECT_TRUE(folder_.Read(name + ".again.html") ==
                folder_.Read(name + ".html"))
        << name;
  }

  TemporaryFolder folder_;
  const std::string bad_ = folder_.Write("bad.pcut", kReplace);
  const std::string good_ = folder_.Write("good.pcut", kSafe);
};

TEST_F(HtmlTest, EachVerbWritesThePageOfItsReport) {
  EXPECT_EQ(Run({"check", "--quiet", bad_}, "c").status, kViolation);
  ExpectSamePage("c");
  const std::string test = std::string(POWERCUT_SOURCE_DIR) +
                           "/corpora/litmus/l05_data_only_power.pcut";
  EXPECT_EQ(Run({"litmus", "--quiet", test}, "l").status, kHolds);
  ExpectSamePage("l");
  const std::string trace = folder_.File("t.trace");
  EXPECT_EQ(Run({"run", "--quiet", "-o", trace, "--profile",
                 "ext4-ordered,ext4-journal", "--check", "test -s f", "--",
                 "sh", "-c", "echo 1 >f; sync f; echo 2 >f"},
                "r")
                .status,
            kViolation);
  ExpectSamePage("r");
  Run({"explore", "--quiet", trace, "--check", "test -s f"}, "e");
  ExpectSamePage("e");
}

TEST_F(HtmlTest, MergeWritesThePageOfTheWhole) {
  std::vector<std::string> merge = {"merge"};
  for (const std::string part : {"1", "2"}) {
    Run({"check", "--quiet", bad_, "--shard", part + "/2"}, part);
    merge.push_back(folder_.File(part + ".json"));
  }
  EXPECT_EQ(Run(merge, "m").status, kViolation);
  ExpectSamePage("m");
  // What is drawn is in the whole, too.
  EXPECT_THAT(folder_.Read("m.html"), HasSubstr("\"timeline\":{"));
  EXPECT_THAT(folder_.Read("m.html"), HasSubstr("\"shown\":{"));
}

TEST_F(HtmlTest, ReportRefusesWhatIsNoReport) {
  const std::string page = folder_.File("p.html");
  ExpectError(RunTool({"report", bad_, "--html", page}), kUsage, "not JSON");
  const std::string other = folder_.Write("o.json", "{\"powercut\":1}");
  ExpectError(RunTool({"report", other, "--html", page}), kUsage,
              "not a report");
  EXPECT_FALSE(std::filesystem::exists(page));
}

// Names and messages that would be markup, and one that would end the script.
TEST_F(HtmlTest, WorksInABrowser) {
  for (const char* tool : {"/usr/bin/chromium", "/usr/bin/chromedriver",
                           "/usr/lib/python3/dist-packages/selenium"}) {
    if (!std::filesystem::exists(tool)) {
      GTEST_SKIP() << tool << " is missing: ./dev installs it";
    }
  }
  const std::string root = POWERCUT_SOURCE_DIR;
  Run({"check", "--quiet", bad_, good_, "--profile", "ext4-ordered"},
      "findings");
  Run({"check", "--quiet", good_}, "clean");
  Run({"litmus", "--quiet", "--profile", "spec-strict,ext4-ordered,xfs",
       root + "/corpora/litmus"},
      "litmus");
  const std::string evil = "<img src=x onerror=window.pwned=1>";
  Run({"run", "--quiet", "-o", folder_.File("t.trace"), "--profile",
       "ext4-ordered", "--check",
       "test -s '" + evil +
           "' || { echo '</script><script>window.pwned=1"
           "</script><b class=evil>'; ls; exit 1; }",
       "--", "sh", "-c",
       "echo '" + evil + "' >>$POWERCUT_ACKS; echo 1 >'" + evil + "'"},
      "hostile");
  EXPECT_THAT(folder_.Read("hostile.html"), Not(HasSubstr("<img")));
  EXPECT_THAT(folder_.Read("hostile.json"), HasSubstr("<img"));
  std::string many =
      "powercut 1\nbackend simfs\ncrash power\ninit\n"
      "  create /f\nrun\n";
  for (int i = 0; i < 400; ++i) {
    many += "  write /f 0 512\n  fdatasync /f\n";
  }
  const std::string long_run = folder_.Write("long.pcut", many);
  Run({"check", "--quiet", "--space", "prefix", long_run}, "long");
  std::vector<std::string> command = {
      "/usr/bin/python3", root + "/tests/harness/cli/report/html_page.py"};
  for (const char* name : {"findings", "clean", "litmus", "hostile", "long"}) {
    command.push_back(folder_.File(std::string(name) + ".html"));
  }
  const Ended ended = Subprocess(command).Wait();
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  EXPECT_EQ(ended.out, "");
}

}  // namespace
}  // namespace powercut
