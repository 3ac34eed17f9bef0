// The steps of the GitHub action and the lines of the GitLab jobs, run as they
// are shipped, and what they leave: reports, a summary, problems at lines.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/lying_flush.h"
#include "tests/subprocess.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

const std::string kSource = POWERCUT_SOURCE_DIR;
constexpr const char* kPython = "/usr/bin/python3";

std::string TextOf(const std::string& path) {
  std::ifstream in(kSource + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool HasYaml() {
  return std::filesystem::exists(kPython) &&
         Subprocess({kPython, "-c", "import yaml"}).Wait().status == 0;
}

class IntegrationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!HasYaml()) GTEST_SKIP() << "package python3-yaml is not installed";
    folder_.Write("holds.pcut", LyingFlush(kWorks, ""));
    folder_.Write("fails.pcut", LyingFlush(kBug, ""));
    std::filesystem::create_directory(folder_.File("regressions"));
    folder_.Write("regressions/bug.pcut",
                  LyingFlush(kBug, "expect  violation lost /f\n"));
    std::filesystem::create_directory(folder_.File("runner"));
  }

  // Runs the action with these inputs, in the folder of the test.
  Ended Action(const std::vector<std::string>& inputs) const {
    std::string command = fmt::format(
        "cd {} && {} {}/tests/integrations/run_action.py {} {} "
        "tool={}",
        folder_.File(""), kPython, kSource, kSource, folder_.File("runner"),
        POWERCUT_TOOL);
    for (const std::string& input : inputs) command += " '" + input + "'";
    return Subprocess({"/bin/sh", "-c", command}).Wait();
  }

  TemporaryFolder folder_;
};

TEST_F(IntegrationsTest, AnActionThatHolds) {
  const Ended ended =
      Action({"command=check holds.pcut", "regressions=regressions",
              "budget=60s", "space=exhaustive"});
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("::add-matcher::" + kSource));
  EXPECT_THAT(ended.out, HasSubstr("bug.pcut: holds: 1 cause, as expected\n"));
  EXPECT_THAT(ended.out, HasSubstr("holds.pcut: ok: simfs"));
  EXPECT_THAT(ended.out, HasSubstr("-- uses: actions/upload-artifact@"));
  for (const char* name : {"regress", "explore"}) {
    for (const char* form : {"json", "html", "xml", "sarif", "md"}) {
      const std::string file =
          fmt::format("powercut-reports/{}.{}", name, form);
      EXPECT_FALSE(folder_.Read(file).empty()) << file;
    }
  }
  EXPECT_EQ(folder_.Read("runner/summary.md"),
            "## ✅ powercut: ok\n\nregress: 1 file: 1 hold, 0 fixed, 0 back, 0 "
            "stale, 0 unknown\n\n## ✅ powercut: ok\n\n| file | backend | "
            "profile | verdict | space | states | crash points | causes "
            "|\n|---|---|---|---|---|--:|--:|--:|\n| holds.pcut | simfs | "
            "ext4-ordered | ✅ ok | exhaustive | 15 of 2^4.8 | 6 | 0 |\n\n");
}

TEST_F(IntegrationsTest, AViolationFailsAndIsSummarized) {
  const Ended ended = Action({"command=check fails.pcut holds.pcut"});
  EXPECT_EQ(ended.status, 1) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("-- left out: Replay the regressions"));
  const std::string summary = folder_.Read("runner/summary.md");
  EXPECT_THAT(summary, HasSubstr("## ❌ powercut: violation\n"));
  EXPECT_THAT(summary, HasSubstr("### lost /f: "));
  EXPECT_THAT(summary, HasSubstr("\n```\nfails.pcut:10: violation: lost /f\n"));
  EXPECT_THAT(summary, HasSubstr("  replay     powercut replay fails.pcut"));
  // A baseline knows the cause.
  const Json report =
      Json::parse(folder_.Read("powercut-reports/explore.json"));
  const std::string cause = report["workloads"][0]["violations"][0]["cause"];
  folder_.Write("known", cause + "\n");
  EXPECT_EQ(Action({"command=check fails.pcut", "baseline=known"}).status, 0);
}

TEST_F(IntegrationsTest, RegressionsComeFirst) {
  folder_.Write("regressions/fixed.pcut", LyingFlush(kBug, ""));
  const Ended ended =
      Action({"command=check holds.pcut", "regressions=regressions"});
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.out, HasSubstr("fixed.pcut: back: lost /f"));
  EXPECT_THAT(ended.out, HasSubstr("-- left out: Explore crashes"));
  EXPECT_THAT(ended.out, HasSubstr("-- uses: actions/upload-artifact@"));
  EXPECT_THAT(folder_.Read("runner/summary.md"), HasSubstr("| back | lost /f"));
}

TEST_F(IntegrationsTest, ABudgetThatEndsIsNoFailure) {
  // One recovery is not enough to judge every state.
  EXPECT_EQ(Action({"command=check holds.pcut --max-runs 1"}).status, 0);
  EXPECT_THAT(folder_.Read("runner/summary.md"),
              HasSubstr("❔ powercut: unknown\n"));
  EXPECT_EQ(Action({"command=check nowhere.pcut"}).status, 129);
}

// A runner shows what its patterns match at lines of files.
TEST_F(IntegrationsTest, ProblemsAreMatched) {
  folder_.Write("bad.pcut", "powercut 1\nrun\n  nonsense\n");
  folder_.Write("fixed.pcut",
                LyingFlush(kWorks, "expect  violation lost /f\n"));
  std::string printed;
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"check", "--quiet"}, {"regress"}}) {
    std::vector<std::string> words = command;
    for (const char* name : {"fails", "bad", "fixed", "holds"}) {
      words.push_back(folder_.File(std::string(name) + ".pcut"));
    }
    const Ended ended = RunTool(words);
    printed += ended.out + ended.err;
  }
  const Json matchers = Json::parse(
      TextOf("integrations/github/problem_matcher.json"))["problemMatcher"];
  std::vector<std::string> problems;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    for (const Json& matcher : matchers) {
      const Json& pattern = matcher["pattern"][0];
      std::smatch parts;
      const std::regex regex(pattern["regexp"].get<std::string>());
      if (!std::regex_match(line, parts, regex)) continue;
      EXPECT_TRUE(std::filesystem::exists(parts[pattern["file"]].str()));
      problems.push_back(std::filesystem::path(parts[pattern["file"]].str())
                             .filename()
                             .string() +
                         ":" + parts[pattern["line"]].str() + ": " +
                         parts[pattern["message"]].str().substr(0, 20));
    }
  }
  EXPECT_THAT(problems, testing::UnorderedElementsAre(
                            "fails.pcut:10: violation: lost /f",
                            "bad.pcut:3: unknown op `nonsense",
                            "fixed.pcut:10: expected violation l",
                            "fails.pcut:10: violation: lost /f",
                            "bad.pcut:3: stale: unknown op `n",
                            "fixed.pcut:10: fixed: expected viol"))
      << printed;
}

// GitLab includes one file, so that the lines of the scripts are in it.
TEST_F(IntegrationsTest, TheJobsOfGitLabHaveTheSameLines) {
  const Ended ended = Subprocess({kPython, "-c",
                                  fmt::format(R"(
import yaml
jobs = yaml.safe_load(open('{0}/integrations/gitlab/powercut.yml'))
for job, script in (('powercut-regressions', 'regress.sh'),
                    ('powercut-exploration', 'explore.sh')):
    lines = open('{0}/integrations/' + script).read().split('\n', 1)[1]
    print(job, jobs[job]['script'] == [lines])
inputs = yaml.safe_load(open('{0}/action.yml'))['inputs']
for name in ('command', 'regressions', 'space', 'budget', 'baseline',
             'reports'):
    print(name, jobs['variables']['POWERCUT_' + name.upper()]
          == inputs[name]['default'])
)",
                                              kSource)})
                          .Wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("powercut-exploration True"));
  EXPECT_THAT(ended.out, Not(HasSubstr("False")));
}

TEST(ShellScriptsTest, ShellcheckHasNothingAgainstThem) {
  if (!std::filesystem::exists("/usr/bin/shellcheck")) {
    GTEST_SKIP() << "package shellcheck is not installed";
  }
  std::vector<std::string> command = {"/usr/bin/shellcheck"};
  for (const char* file :
       {"regress.sh", "explore.sh", "github/tool.sh", "github/summary.sh",
        "../tests/slurm/lose_a_node.sh"}) {
    command.push_back(kSource + "/integrations/" + file);
  }
  const Ended ended = Subprocess(command).Wait();
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
}

}  // namespace
}  // namespace powercut
