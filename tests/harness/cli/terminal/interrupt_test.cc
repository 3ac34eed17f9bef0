// Sends Ctrl-C and SIGTERM in the middle of a long exploration. The tool must
// print and write what it found so far.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

// A workload that holds.
constexpr const char* kOverwrite = R"(powercut 1
disk    2M atomic=4096
init
  create /a
  write  /a 0 8192
run
  write /a 0 4096
  fsync /a
)";

// A workload without a sync, so that exploring its space would take far longer
// than the test.
std::string Endless() {
  std::string text = kReplace;
  text.replace(text.find("  fsync  /a\n"), 12,
               "  write /a 0 9000\n  create /c\n  append /c 9000\n"
               "  create /d\n  append /d 9000\n");
  return text;
}

void Pause(int64_t ms) {
  const timespec pause = {.tv_sec = 0, .tv_nsec = ms * 1'000'000};
  nanosleep(&pause, nullptr);
}

TEST(InterruptTest, KeepsWhatIsKnown) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", Endless());
  const std::string never = folder.Write("never.pcut", kOverwrite);
  for (const int number : {SIGINT, SIGTERM}) {
    const Subprocess tool({POWERCUT_TOOL, "check", "--quiet", "--space",
                           "epoch:3", "--jobs", "2", file, never, "--json",
                           folder.File("r.json")});
    Pause(800);
    tool.Signal(number);
    const Ended ended = tool.Wait();
    EXPECT_EQ(ended.status, kInterrupted) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("not exhausted: interrupted"));
    const Json report = Json::parse(folder.Read("r.json"));
    EXPECT_EQ(report["verdict"], "unknown");
    ASSERT_EQ(report["workloads"].size(), 1u);
    const Json& workload = report["workloads"][0];
    EXPECT_EQ(report["interrupted"], true);
    EXPECT_EQ(workload["interrupted"], true);
    EXPECT_EQ(workload["bound"], "interrupted");
    EXPECT_GT(workload["runs"], 0);
    EXPECT_FALSE(workload["violations"].empty());
    for (const Json& violation : workload["violations"]) {
      EXPECT_NE(violation["kind"], "nondeterministic");
    }
  }
}

// The process of the file that runs is told once; later files do not begin.
TEST(InterruptTest, RegressKeepsWhatIsKnown) {
  const TemporaryFolder folder;
  const std::string holds = folder.Write("holds.pcut", kOverwrite);
  std::string text = Endless();
  text.insert(text.find("disk"), "space   epoch:3\n");
  const std::string endless = folder.Write("w.pcut", text);
  const std::string never = folder.Write("never.pcut", kOverwrite);
  const Subprocess tool({POWERCUT_TOOL, "regress", "--jobs", "1", holds,
                         endless, never, "--json", folder.File("r.json")});
  Pause(800);
  tool.Signal(SIGINT);
  const Ended ended = tool.Wait();
  EXPECT_EQ(ended.status, kInterrupted) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("holds.pcut: holds: no violation\n"));
  EXPECT_THAT(ended.out, HasSubstr("w.pcut: back: "));
  EXPECT_THAT(ended.out, HasSubstr("w.pcut: back: also unknown: "));
  EXPECT_THAT(ended.out,
              HasSubstr("regress: 2 files: 1 hold, 0 fixed, 1 back"));
  const Json report = Json::parse(folder.Read("r.json"));
  EXPECT_EQ(report["interrupted"], true);
  EXPECT_EQ(report["regressions"].size(), 2u);
}

// Two signals come at once, while the tool is stopped, as those of timeout(1)
// may: they are one wish, and nothing is lost.
TEST(InterruptTest, SignalsThatComeTogetherAreOne) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", Endless());
  const std::pair<int, int> kPairs[] = {{SIGINT, SIGTERM}, {SIGTERM, SIGINT}};
  for (const auto& [first, second] : kPairs) {
    const Subprocess tool({POWERCUT_TOOL, "check", "--quiet", "--space",
                           "epoch:3", "--jobs", "2", file, "--json",
                           folder.File("r.json")});
    Pause(800);
    tool.Signal(SIGSTOP);
    tool.Signal(first);
    tool.Signal(second);
    tool.Signal(SIGCONT);
    const Ended ended = tool.Wait();
    EXPECT_EQ(ended.status, kInterrupted) << ended.err;
    EXPECT_THAT(ended.out, HasSubstr("not exhausted: interrupted"));
    EXPECT_EQ(Json::parse(folder.Read("r.json"))["interrupted"], true);
  }
}

// Merging keeps what interrupted shards found.
TEST(InterruptTest, MergedWithTheOtherShards) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("w.pcut", Endless());
  std::vector<std::string> merge = {"merge"};
  for (const char* part : {"1/2", "2/2"}) {
    merge.push_back(folder.File(std::string(1, part[0])));
    const Subprocess tool({POWERCUT_TOOL, "check", "--quiet", "--space",
                           "epoch:3", "--jobs", "2", file, "--shard", part,
                           "--json", merge.back()});
    Pause(800);
    tool.Signal(SIGINT);
    EXPECT_EQ(tool.Wait().status, kInterrupted);
  }
  const Ended merged = RunTool(merge);
  EXPECT_EQ(merged.status, kInterrupted);
  EXPECT_THAT(merged.out, HasSubstr(": violation: "));
  EXPECT_THAT(merged.out, HasSubstr("; not exhausted: interrupted\n"));
}

}  // namespace
}  // namespace powercut
