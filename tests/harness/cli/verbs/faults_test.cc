// Faults of the command line: they are read as in a file, shown, and replayed
// by the line that is printed; `minimize` writes them into the new file, and a
// saved trace has them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

constexpr const char* kSynced = R"(powercut 1
backend simfs
profile ext4-ordered
crash   power
init
  create /f
  write  /f 0 512 fill=7
run
  write  /f 0 512 fill=1
  fsync  /f
  write  /f 0 512 fill=2
)";

// The words of the first `replay` line, as a shell would split them.
std::vector<std::string> ReplayLine(const std::string& out) {
  const size_t begin = out.find("powercut replay ") + 9;
  const std::string line = out.substr(begin, out.find('\n', begin) - begin);
  std::vector<std::string> words(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

TEST(FaultFlagTest, BadTextNamesThePlaceAndTheRemedy) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kSynced);
  const auto error = [&](const std::string& fault) {
    return RunTool({"check", "--quiet", file, "--fault", fault});
  };
  ExpectError(error("error on rite"), kUsage,
              "powercut: --fault: column 10: `rite` is not a request to fail "
              "(read, write, flush, discard); did you mean `write`?");
  ExpectError(error("fault error on write nth=0"), kUsage,
              "--fault: column 26: `nth` counts from 1");
  ExpectError(error(""), kUsage, "--fault: the value is empty");
  ExpectError(error("error on write -> EIO"), kUsage,
              "--fault: column 16: a fault has no result; remove `->`");
  ExpectError(error("tear on read"), kCannotRun,
              "w.pcut: --fault: `fault tear on read` is not offered; there is "
              "`fault tear on write|discard`");
  ExpectError(error("lose on write nth=77"), kUsage,
              "--fault: `fault lose on write nth=77` never fired");
}

// The file cannot leave its `wait` out, since it needs it where no fault falls.
TEST(FaultFlagTest, AWaitForWhatFailedAtOnceDoesNothing) {
  const TemporaryFolder folder;
  const std::string file =
      folder.Write("w.pcut",
                   "powercut 1\nbackend simfs\ninit\n  create /a\nrun\n"
                   "  start 1 write /a 0 512\n  create /b\n  wait 1\n"
                   "  start 1 write /b 0 512\n  wait 1\n");
  EXPECT_EQ(RunTool({"check", "--quiet", file}).status, kHolds);
  for (const char* nth : {"1", "2", "3", "4", "5"}) {
    const Ended ended = RunTool({"check", "--quiet", file, "--fault",
                                 std::string("error on write nth=") + nth});
    EXPECT_EQ(ended.status, kHolds) << nth << ended.out << ended.err;
  }
}

TEST(FaultFlagTest, OnePastedLineReplays) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kSynced);
  for (const std::string fault :
       {"lie on flush times=always", "flip on read nth=4 in=recovery"}) {
    const Ended ended = RunTool({"check", "--quiet", file, "--fault", fault});
    EXPECT_EQ(ended.status, kViolation) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("\n  fault      " + fault));
    const std::vector<std::string> words = ReplayLine(ended.out);
    EXPECT_EQ(words.back(), fault);
    const Ended replayed = RunTool(words);
    EXPECT_EQ(replayed.status, kViolation) << replayed.err;
    EXPECT_THAT(replayed.out, HasSubstr("\n  fault      " + fault));
    // If the fault is left out, the recording is another or the state is right.
    std::vector<std::string> without = words;
    without.resize(words.size() - 2);
    EXPECT_NE(RunTool(without).status, kViolation);
  }
}

TEST(FaultFlagTest, SeveralAndThoseOfTheFileAreAllArmed) {
  const TemporaryFolder folder;
  std::string text = kSynced;
  const std::string file = folder.Write(
      "w.pcut", text.insert(11, "fault   error on read nth=99 in=recovery\n"));
  const std::string path = folder.File("r.json");
  const Ended ended =
      RunTool({"check", "--quiet", file, "--fault", "lose on write", "--fault",
               "lie on flush", "--json", path});
  EXPECT_EQ(ended.status, kViolation) << ended.err;
  EXPECT_THAT(ended.out,
              HasSubstr("w.pcut:2: fault error on read nth=99 in=recovery: "
                        "never fired: no recovery made such a request\n"));
  EXPECT_THAT(ended.out, HasSubstr("w.pcut: --fault 'lose on write': fired in "
                                   "1 request\n"));
  const Json workload = Json::parse(folder.Read("r.json"))["workloads"][0];
  EXPECT_EQ(workload["faults"], Json::parse(R"([
    {"fault":"error on read nth=99 in=recovery","line":2,"in":"recovery",
     "fired":0},
    {"fault":"lose on write","line":0,"in":"run","fired":1},
    {"fault":"lie on flush","line":0,"in":"run","fired":1}])"));
  EXPECT_EQ(workload["violations"][0]["faults"].size(), 2u);
}

TEST(FaultFlagTest, ShowListsWhereTheyFell) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kSynced);
  const Ended ended = RunTool({"show", file, "--fault", "lose on write nth=2"});
  EXPECT_EQ(ended.status, kHolds) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("* fault lose on write nth=2: sector "));
  EXPECT_THAT(RunTool({"show", file}).out, Not(HasSubstr("fault")));
}

TEST(FaultFlagTest, TracesKeepThem) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kSynced);
  const std::string trace = folder.File("w.trace");
  EXPECT_EQ(RunTool({"show", file, "--fault", "lose on write", "--save", trace})
                .status,
            kHolds);
  const Ended ended = RunTool({"check", "--quiet", trace});
  EXPECT_EQ(ended.status, kViolation) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("w.trace:5: fault lose on write: fired in 1 "
                                   "request\n"));
  ExpectError(RunTool({"check", "--quiet", trace, "--fault", "lose on write"}),
              kUsage, "is a trace, whose run is over; add in=recovery");
  EXPECT_THAT(RunTool({"check", "--quiet", trace, "--fault",
                       "error on read in=recovery"})
                  .out,
              HasSubstr("--fault 'error on read in=recovery': fired in "));
}

TEST(FaultFlagTest, MinimizeWritesThemIntoTheFile) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kSynced);
  const std::string out = folder.File("small.pcut");
  const Ended ended = RunTool({"minimize", "--quiet", file, "-o", out,
                               "--fault", "lie on flush times=always"});
  EXPECT_EQ(ended.status, kHolds) << ended.err;
  const std::string text = folder.Read("small.pcut");
  EXPECT_THAT(text, HasSubstr("\nfault   lie on flush times=always\ninit\n"));
  EXPECT_EQ(RunTool({"check", "--quiet", out}).status, kHolds);
  EXPECT_THAT(ReplayLine(ended.out), Not(testing::Contains("--fault")));
  EXPECT_EQ(RunTool(ReplayLine(ended.out)).status, kViolation);
}

// Once the file has the fault, it expects the ops that fail under it to fail.
TEST(FaultFlagTest, MinimizeWritesWhatFailed) {
  const TemporaryFolder folder;
  const std::string file = folder.Write(
      "w.pcut",
      "powercut 1\nbackend simfs\ninit\n  create /f\nrun\n  write /f 0 512 "
      "fill=1\n  fsync /f\n  fsync /f\nforbid  /f[0] = zero\n");
  const std::string out = folder.File("small.pcut");
  const Ended ended = RunTool(
      {"minimize", "--quiet", file, "-o", out, "--fault", "error on flush"});
  EXPECT_EQ(ended.status, kHolds) << ended.err;
  EXPECT_THAT(folder.Read("small.pcut"), HasSubstr(" -> EIO\n"));
  EXPECT_EQ(RunTool({"check", "--quiet", out}).status, kHolds);
}

TEST(FaultFlagTest, LitmusTakesThem) {
  const TemporaryFolder folder;
  const std::string file =
      folder.Write("w.pcut", std::string(kSynced) + "allow   /f[0] = 1\n");
  EXPECT_EQ(RunTool({"litmus", file}).status, kHolds);
  const Ended ended =
      RunTool({"litmus", file, "--fault", "lie on flush times=always"});
  EXPECT_EQ(ended.status, kViolation) << ended.err;
  EXPECT_EQ(RunTool(ReplayLine(ended.out)).status, kViolation);
  ExpectError(RunTool({"litmus", file, "--fault", "lye on flush"}), kUsage,
              "--fault: column 1: `lye` is not a fault");
}

TEST(FaultFlagTest, ShardsMergeToTheWhole) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", kSynced);
  const auto check = [&](const std::string& json, const std::string& shard,
                         const std::string& fault) {
    std::vector<std::string> words = {"check", "--quiet", file, "--fault",
                                      fault,   "--json",  json};
    if (!shard.empty()) words.insert(words.end(), {"--shard", shard});
    RunTool(words);
  };
  const std::string fault = "flip on read nth=4 in=recovery";
  const std::string a = folder.File("a.json");
  const std::string b = folder.File("b.json");
  const std::string all = folder.File("all.json");
  const std::string merged = folder.File("merged.json");
  check(a, "1/2", fault);
  check(b, "2/2", fault);
  check(all, "", fault);
  EXPECT_EQ(RunTool({"merge", a, b, "--json", merged}).status, kViolation);
  Json whole = Json::parse(folder.Read("all.json"))["workloads"][0];
  Json sum = Json::parse(folder.Read("merged.json"))["workloads"][0];
  for (const char* spent : {"elapsed_s", "recoveries"}) {
    whole.erase(spent);
    sum.erase(spent);
  }
  EXPECT_EQ(sum, whole);
  EXPECT_GT(whole["faults"][0]["fired"], 0);
  check(b, "2/2", "flip on read nth=3 in=recovery");
  ExpectError(RunTool({"merge", a, b}), kUsage, "not shards of one check");
}

}  // namespace
}  // namespace powercut
