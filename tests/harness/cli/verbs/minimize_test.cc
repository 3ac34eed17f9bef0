// Runs `powercut minimize` as its users do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <filesystem>
#include <string>

#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

// A workload that replaces a file by rename, among other things.
constexpr const char* kMuch = R"(powercut 1
name    much
disk    4M
init
  create /a
  write  /a 0 4096
  create /b
  write  /b 0 4096
  create /x
  append /x 100
run
  append /x 900
  fsync  /x
  mkdir  /d
  rename /b /a
  create /d/y
  fsync  /a
  unlink /d/y
)";

std::string LineOf(const std::string& text, const std::string& word) {
  const size_t at = text.find("\n" + word);
  if (at == std::string::npos) return "";
  return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

TEST(MinimizeCommandTest, WritesARegression) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("much.pcut", kMuch);
  const std::string out = folder.File("small.pcut");
  const Ended ended =
      RunTool({"minimize", "--quiet", file, "-o", out, "--space", "prefix",
               "--cause", "name/target/rename/sync"});
  EXPECT_EQ(ended.status, kHolds) << ended.err;
  EXPECT_EQ(ended.err, "");
  EXPECT_THAT(ended.out, HasSubstr("small.pcut:"));
  EXPECT_THAT(ended.out, HasSubstr("cause      name/target/rename/sync"));
  EXPECT_THAT(ended.out, HasSubstr("3 of 13 ops left"));
  const std::string text = folder.Read("small.pcut");
  EXPECT_EQ(text.substr(0, text.find("at ")), R"(powercut 1
name    much
disk    4M
space   prefix
init
  create /a
  create /b
run
  rename /b /a
)");
  EXPECT_EQ(LineOf(text, "expect"), "expect  violation name /a");
  // The replay line that is printed works as it stands.
  const auto ids = IdsIn(ended.out);
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_EQ(LineOf(text, "at"), "at      " + ids[0]);
  const Ended replayed = RunTool({"replay", out, "--at", ids[0]});
  EXPECT_EQ(replayed.status, kViolation);
  EXPECT_THAT(replayed.out, HasSubstr("name/target/rename/sync"));
  EXPECT_EQ(RunTool({"check", "--quiet", out}).status, kHolds);
  // Minimizing again gives the same file.
  const std::string again = folder.File("again.pcut");
  EXPECT_EQ(RunTool({"minimize", "--quiet", out, "-o", again}).status, kHolds);
  EXPECT_EQ(folder.Read("again.pcut"), text);
}

TEST(MinimizeCommandTest, FlagsBecomeLines) {
  const TemporaryFolder folder;
  const std::string file =
      folder.Write("w.pcut",
                   "powercut 1\n# note\nrun\n  create /a\n  write /a 0 600\n"
                   "  create /b\nforbid  exists /a\n");
  const std::string out = folder.File("small.pcut");
  const Ended ended =
      RunTool({"minimize", "--quiet", file, "-o", out, "--backend", "simfs",
               "--profile", "spec-strict", "--crash", "power", "--space",
               "sample:5", "--atomic", "4096", "--jobs", "3"});
  EXPECT_EQ(ended.status, kHolds) << ended.err;
  const std::string text = folder.Read("small.pcut");
  EXPECT_THAT(text, testing::StartsWith("powercut 1\nbackend simfs\ndisk    "));
  EXPECT_THAT(LineOf(text, "disk"), HasSubstr(" atomic=4096"));
  EXPECT_EQ(LineOf(text, "profile"), "profile spec-strict");
  EXPECT_EQ(LineOf(text, "crash"), "crash   power");
  EXPECT_EQ(LineOf(text, "space"), "space   sample:5");
  EXPECT_THAT(text, HasSubstr("# note\nrun\n  create /a\nforbid  exists /a\n"));
  EXPECT_EQ(RunTool({"check", "--quiet", out}).status, kHolds);
}

TEST(MinimizeCommandTest, WhatIsWrongIsSaid) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("much.pcut", kMuch);
  const std::string out = folder.File("small.pcut");
  ExpectError(RunTool({"minimize", file}), kUsage, "--output is required");
  ExpectError(RunTool({"minimize", "-o", out}), kUsage, "FILE is required");
  ExpectError(RunTool({"minimize", folder.File("none"), "-o", out}), kUsage,
              "none: No such file");
  ExpectError(RunTool({"minimize", file, "-o", folder.File("no/where.pcut")}),
              kUsage, "no/where.pcut: No such file");
  ExpectError(RunTool({"minimize", file, "-o", folder.File("")}), kUsage,
              "directory");
  ExpectError(RunTool({"minimize", file, "-o", out, "--space", "all"}), kUsage,
              "all");
  ExpectError(RunTool({"minimize", file, "-o", out, "--space", "prefix",
                       "--cause", "name/less"}),
              kUsage, "does not show the cause name/less");
  ExpectError(RunTool({"minimize", file, "-o", out, "--max-runs", "0"}),
              kUnknown, "--max-runs 0");
  const std::string sound = folder.Write(
      "sound.pcut", "powercut 1\ninit\n  create /a\nrun\n  fsync /a\n");
  ExpectError(RunTool({"minimize", sound, "-o", out}), kUsage,
              "sound.pcut: no violation in exhaustive");
  const std::string trace = folder.File("much.trace");
  ASSERT_EQ(RunTool({"show", file, "--save", trace}).status, kHolds);
  ExpectError(RunTool({"minimize", trace, "-o", out}), kUsage, "is a trace");
  EXPECT_FALSE(std::filesystem::exists(out));
  EXPECT_EQ(RunTool({"minimize", "--help"}).status, kHolds);
}

TEST(MinimizeCommandTest, ABudgetKeepsTheSmallestSoFar) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("much.pcut", kMuch);
  const std::string out = folder.File("small.pcut");
  const Ended ended = RunTool({"minimize", "--quiet", file, "-o", out,
                               "--cause", "name/target/rename/sync", "--space",
                               "epoch:4", "--budget", "300ms"});
  // A slow machine may not come to the first state within the budget.
  if (ended.out.empty()) {
    ExpectError(ended, kUnknown, "interrupted before");
    return;
  }
  EXPECT_EQ(ended.status, kUnknown);
  EXPECT_THAT(ended.out, HasSubstr("; --budget is used up"));
  const auto ids = IdsIn(ended.out);
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_EQ(RunTool({"replay", out, "--at", ids[0]}).status, kViolation);
}

// The prefixes show the cause at once; the rest of this space takes hours.
TEST(MinimizeCommandTest, AnInterruptKeepsTheSmallestSoFar) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("much.pcut", kMuch);
  const std::string out = folder.File("small.pcut");
  const Subprocess tool({POWERCUT_TOOL, "minimize", "--quiet", file, "-o", out,
                         "--space", "epoch:4", "--cause",
                         "name/target/rename/sync"});
  const timespec pause = {.tv_sec = 4, .tv_nsec = 0};
  nanosleep(&pause, nullptr);
  tool.Signal(SIGINT);
  const Ended ended = tool.Wait();
  EXPECT_EQ(ended.status, kInterrupted) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("; interrupted, the smallest so far"));
  EXPECT_THAT(folder.Read("small.pcut"),
              HasSubstr("expect  violation name /a\n"));
  const auto ids = IdsIn(ended.out);
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_EQ(RunTool({"replay", out, "--at", ids[0]}).status, kViolation);
}

}  // namespace
}  // namespace powercut
