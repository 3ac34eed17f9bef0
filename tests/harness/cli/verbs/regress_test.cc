// `powercut regress` tells apart what became of files. Each kind is planted: a
// file that expects a bug, one whose bug is fixed, one whose bug is back, and
// files that do not fit what is here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/lying_flush.h"
#include "tests/harness/cli/timeless_report.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

constexpr const char* kLost = "expect  violation lost /f\n";

class RegressTest : public ::testing::Test {
 protected:
  RegressTest() { std::filesystem::create_directory(folder_.File("r")); }

  // Adds a file below the folder that is replayed.
  std::string Add(const std::string& name, const std::string& text) {
    return folder_.Write("r/" + name, text);
  }

  Ended Regress(std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"regress", folder_.File("r")});
    return RunTool(flags);
  }

  // The output of `regress` for one file, which must end with `status`.
  std::string Alone(const std::string& file, int status) {
    const Ended ended = RunTool({"regress", file});
    EXPECT_EQ(ended.status, status) << ended.out << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }

  TemporaryFolder folder_;
};

TEST_F(RegressTest, WhatIsExpectedHolds) {
  const std::string bug = Add("bug.pcut", LyingFlush(kBug, kLost));
  EXPECT_EQ(Alone(bug, kHolds),
            bug +
                ": holds: 1 cause, as expected\nregress: 1 file: 1 hold, 0 "
                "fixed, 0 back, 0 stale, 0 unknown\n");
  const std::string none = Add("none.pcut", LyingFlush(kWorks, ""));
  EXPECT_THAT(Alone(none, kHolds), HasSubstr("none.pcut: holds: no violation"));
  // A trace that was kept brings its workload along.
  const std::string trace = folder_.File("r/kept.trace");
  EXPECT_EQ(RunTool({"show", bug, "--save", trace}).status, kHolds);
  EXPECT_THAT(Alone(trace, kHolds), HasSubstr("kept.trace: holds: 1 cause"));
}

TEST_F(RegressTest, ABugThatIsGoneIsFixed) {
  const std::string fixed = Add("fixed.pcut", LyingFlush(kWorks, kLost));
  EXPECT_THAT(Alone(fixed, kViolation),
              HasSubstr("fixed.pcut:10: fixed: expected violation lost /f was "
                        "not found\n"));
}

TEST_F(RegressTest, ABugThatIsNotExpectedIsBack) {
  for (const std::string expect : {"expect  ok\n", ""}) {
    const std::string back = Add("back.pcut", LyingFlush(kBug, expect));
    const std::string out = Alone(back, kViolation);
    EXPECT_THAT(out, HasSubstr("back.pcut: back: lost /f: "));
    EXPECT_THAT(out, HasSubstr("  replay     powercut replay " + back));
  }
  // A baseline knows the bug.
  const std::string cause = Json::parse(
      RunTool({"check", "--quiet", folder_.File("r/back.pcut"), "--json", "-"})
          .out)["workloads"][0]["violations"][0]["cause"];
  const Ended known =
      Regress({"--baseline", folder_.Write("known", cause + "\n")});
  EXPECT_EQ(known.status, kHolds);
  EXPECT_THAT(known.out, HasSubstr("holds: 1 cause, 1 in the baseline"));
}

TEST_F(RegressTest, WhatDoesNotFitIsStale) {
  const std::string text = LyingFlush(kBug, kLost);
  const std::string digest = DigestOf(Add("bug.pcut", text));
  const std::string other = LyingFlush(kBug, "at      9p@01234567\n");
  EXPECT_THAT(
      Alone(Add("other.pcut", other + kLost), kUnknown),
      HasSubstr("other.pcut: stale: `at 9p@01234567` belongs to another "
                "recording (" +
                digest + " here)"));
  EXPECT_THAT(Alone(Add("no_pcut.pcut", "nonsense\n"), kUsage),
              HasSubstr("no_pcut.pcut:1:1: stale: unknown op"));
  EXPECT_THAT(Alone(Add("cut.trace", "\x01"), kUsage), HasSubstr(": stale: "));
  // A backend that is missing counts alone as for `check`; beside other files,
  // it keeps them from being the whole answer.
  setenv("POWERCUT_NTFS_3G_MODULE", "/nowhere", 1);
  const std::string missing =
      Add("missing.pcut", "powercut 1\nbackend ntfs-3g\nrun\n  create /f\n");
  EXPECT_THAT(Alone(missing, kCannotRun), HasSubstr("missing.pcut: stale: "));
  EXPECT_EQ(RunTool({"regress", missing, folder_.File("r/bug.pcut")}).status,
            kUnknown);
  unsetenv("POWERCUT_NTFS_3G_MODULE");
}

TEST_F(RegressTest, ANamedStateThatIsAdmissibleIsFixed) {
  const std::string text = LyingFlush(kBug, "");
  const std::string file = Add("bug.pcut", text);
  const Json report =
      Json::parse(RunTool({"check", "--quiet", file, "--json", "-"}).out);
  const Json& bug = report["workloads"][0];
  const std::string id = bug["violations"][0]["id"];
  EXPECT_THAT(
      Alone(Add("bug.pcut", text + "at      " + id + "\n" + kLost), kHolds),
      HasSubstr("holds: 1 cause"));
  // Everything has persisted, which no file system may lose.
  const std::string last = std::to_string(bug["events"].get<int>()) + "p@" +
                           bug["digest"].get<std::string>();
  EXPECT_THAT(Alone(Add("bug.pcut", text + "at      " + last + "\n" + kLost),
                    kViolation),
              HasSubstr("fixed: `at " + last + "` is admissible now"));
}

TEST_F(RegressTest, TheSameForAnyNumberOfWorkers) {
  Add("a.pcut", LyingFlush(kBug, kLost));
  std::filesystem::create_directory(folder_.File("r/below"));
  Add("below/b.pcut", LyingFlush(kWorks, kLost));
  Add("c.pcut", LyingFlush(kBug, ""));
  Add("d.pcut", "nonsense\n");
  Add("notes.txt", "no workload\n");
  const Ended one = Regress({"--jobs", "1", "--json", folder_.File("1.json")});
  EXPECT_EQ(one.status, kUsage);
  EXPECT_THAT(one.out, HasSubstr("regress: 4 files: 1 hold, 1 fixed, 1 back, 1 "
                                 "stale, 0 unknown\n"));
  for (const char* jobs : {"2", "7"}) {
    const Ended many =
        Regress({"--jobs", jobs, "--json", folder_.File("2.json")});
    EXPECT_EQ(many.out, one.out);
    EXPECT_EQ(Timeless(folder_.Read("2.json")),
              Timeless(folder_.Read("1.json")));
  }
  std::vector<std::string> became;
  const Json report = Json::parse(folder_.Read("1.json"));
  for (const Json& entry : report["regressions"]) {
    became.push_back(entry["became"]);
  }
  EXPECT_THAT(became, ElementsAre("holds", "fixed", "back", "stale"));
}

TEST_F(RegressTest, TracesOfProgramsAreCheckedByTheCommand) {
  const std::string trace = folder_.File("r/program.trace");
  RunTool({"record", "--fs", "simfs", "-o", trace, "--profile", "ext4-ordered",
           "--", "sh", "-c", "echo 1 >f; echo 1 >>$POWERCUT_ACKS"});
  if (!std::filesystem::exists(trace)) GTEST_SKIP() << "no program runs here";
  Add("bug.pcut", LyingFlush(kBug, kLost));
  EXPECT_EQ(Regress().status, kHolds);
  // The check is of the trace alone: the workload is judged by the model.
  const Ended checked =
      Regress({"--check", "test -s f || ! test -s $POWERCUT_ACKED"});
  EXPECT_EQ(checked.status, kViolation) << checked.out << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("program.trace: back: "));
  EXPECT_THAT(checked.out, HasSubstr("bug.pcut: holds: "));
}

TEST_F(RegressTest, AFolderWithoutFilesIsRefused) {
  ExpectError(Regress(), kUsage, "no .pcut or .trace file lies below it");
}

}  // namespace
}  // namespace powercut
