// Runs shards of the tool in processes of GNU parallel. The report that `merge`
// makes of theirs must be that of one process, byte for byte.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/harness/cli/timeless_report.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

constexpr const char* kParallel = "/usr/bin/parallel";

// A workload that does not hold, with an expectation that is not met.
std::string Unexpected() {
  return std::string(kReplace) + "expect violation stale /nowhere\n";
}

// A workload that holds, with 5 crash points.
constexpr const char* kOnSimfs = R"(powercut 1
backend simfs
profile spec-strict
crash   process,os,power
init
  create /f
  write  /f 0 1024
run
  write  /f 0 512
  fsync  /f
)";

class ShardingTest : public ::testing::Test {
 protected:
  // Runs `check` with these flags in `count` shards, two of them at a time.
  std::vector<std::string> RunShards(const std::string& flags, int count) {
    std::vector<std::string> reports;
    std::vector<std::string> command = {
        kParallel, "--will-cite", "-j2",
        fmt::format("{} check --quiet --jobs 1 --shard {{}}/{} --json {} {}",
                    POWERCUT_TOOL, count,
                    folder_.File(fmt::format("{}-{{}}.json", count)), flags),
        ":::"};
    for (int index = 1; index <= count; ++index) {
      command.push_back(std::to_string(index));
      reports.push_back(folder_.File(fmt::format("{}-{}.json", count, index)));
    }
    Subprocess(command).Wait();
    // The order of the files must not matter.
    std::reverse(reports.begin(), reports.end());
    return reports;
  }

  Ended Merge(const std::vector<std::string>& reports,
              std::vector<std::string> flags) {
    flags.insert(flags.begin(), "merge");
    flags.insert(flags.end(), reports.begin(), reports.end());
    return RunTool(flags);
  }

  void CheckShards(const std::string& flags,
                   const std::vector<std::string>& words, int status) {
    std::vector<std::string> command = {"check", "--quiet", "--json",
                                        folder_.File("one.json")};
    command.insert(command.end(), words.begin(), words.end());
    const Ended one = RunTool(command);
    EXPECT_EQ(one.status, status) << one.err;
    const std::string json = Timeless(folder_.Read("one.json"));
    for (const int count : {1, 2, 3, 7}) {
      SCOPED_TRACE(count);
      const Ended merged = Merge(RunShards(flags, count),
                                 {"--json", folder_.File("merged.json")});
      EXPECT_EQ(merged.out, one.out);
      EXPECT_EQ(merged.err, one.err);
      EXPECT_EQ(merged.status, one.status);
      EXPECT_EQ(Timeless(folder_.Read("merged.json")), json);
    }
  }

  TemporaryFolder folder_;
};

TEST_F(ShardingTest, MergedShardsAreOneRun) {
  if (!std::filesystem::exists(kParallel)) {
    GTEST_SKIP() << "GNU parallel is not installed (package parallel)";
  }
  const std::string simfs = folder_.Write("simfs.pcut", kOnSimfs);
  const std::string fails = folder_.Write("fails.pcut", Unexpected());
  const std::string replace = std::string(POWERCUT_SOURCE_DIR) +
                              "/corpora/workloads/replace_by_rename.pcut";
  CheckShards(simfs, {simfs}, kHolds);
  CheckShards(fmt::format("{} {} {}", fails, simfs, replace),
              {fails, simfs, replace}, kViolation);
  const std::string sample = "--space sample:3 --seed 5 --probe --atomic 512";
  CheckShards(sample + " " + replace,
              {"--space", "sample:3", "--seed", "5", "--probe", "--atomic",
               "512", replace},
              RunTool({"check", "--quiet", "--space", "sample:3", "--seed", "5",
                       "--probe", "--atomic", "512", replace})
                  .status);
}

// These tests run the tool alone, since they need no GNU parallel.
TEST_F(ShardingTest, ErrorsOfMerge) {
  const std::string file = folder_.Write("w.pcut", kOnSimfs);
  const auto shard = [&](const std::string& part, const std::string& name,
                         std::vector<std::string> flags = {}) {
    flags.insert(flags.begin(), {"check", "--quiet", file, "--shard", part,
                                 "--json", folder_.File(name)});
    EXPECT_EQ(RunTool(flags).status, kHolds);
    return folder_.File(name);
  };
  const std::string r1 = shard("1/3", "r1.json");
  const std::string r2 = shard("2/3", "r2.json");
  const std::string r3 = shard("3/3", "r3.json");
  EXPECT_EQ(Merge({r3, r1, r2}, {}).status, kHolds);
  ExpectError(Merge({r1, r2}, {}), kCannotRun, "shard 3/3 is missing");
  ExpectError(Merge({r1, r2, r3, r2}, {}), kUsage, "shard 2/3 is there twice");
  ExpectError(Merge({r1, r3, shard("2/3", "s", {"--seed", "2"})}, {}), kUsage,
              "seed '2', but '1'");
  ExpectError(Merge({r1, r3, shard("2/3", "s", {"--space", "prefix"})}, {}),
              kUsage, "--space 'prefix', but 'exhaustive'");
  ExpectError(Merge({r1, file}, {}), kUsage, "w.pcut: not JSON: byte 1 of");
  ExpectError(Merge({r1, folder_.Write("x", "{\"a\":1}")}, {}), kUsage,
              "x: not a report written by");
  ExpectError(Merge({r1, folder_.File("none")}, {}), kUsage, "none: No such");
  ExpectError(Merge({}, {}), kUsage, "JSON");
  ExpectError(Merge({r1, r2, r3}, {"--json", folder_.File("no/m")}), kUsage,
              "no/m");
}

TEST_F(ShardingTest, PartsThatAreNone) {
  const std::string file = folder_.Write("w.pcut", kOnSimfs);
  for (const char* part : {"0/4", "5/4", "x", "1", "1/", "/4", "1/0", "-1/4",
                           "1/4x", " 1/4", "1/99999999999"}) {
    ExpectError(RunTool({"check", file, "--shard", part}), kUsage,
                fmt::format("--shard '{}': expected I/N", part));
  }
}

TEST_F(ShardingTest, BaselineAndBoundsOfShards) {
  const std::string file = folder_.Write("w.pcut", kReplace);
  std::vector<std::string> reports;
  for (const char* part : {"1/2", "2/2"}) {
    reports.push_back(folder_.File(fmt::format("r{}.json", part[0])));
    RunTool(
        {"check", "--quiet", file, "--shard", part, "--json", reports.back()});
  }
  EXPECT_EQ(Merge(reports, {"--json", folder_.File("m.json")}).status,
            kViolation);
  const Ended known = Merge(reports, {"--baseline", folder_.File("m.json")});
  EXPECT_EQ(known.status, kHolds) << known.out;
  EXPECT_THAT(known.out, HasSubstr(" in the baseline"));
  // A bound was hit in one of the shards.
  const std::string holds = folder_.Write("holds.pcut", kOnSimfs);
  for (const char* part : {"1/2", "2/2"}) {
    std::vector<std::string> command = {
        "check",
        "--quiet",
        holds,
        "--shard",
        part,
        "--json",
        folder_.File(fmt::format("r{}.json", part[0]))};
    if (part[0] == '2') command.insert(command.end(), {"--max-runs", "1"});
    RunTool(command);
  }
  const Ended bounded = Merge(reports, {});
  EXPECT_EQ(bounded.status, kUnknown);
  EXPECT_THAT(bounded.out, HasSubstr("; not exhausted: --max-runs 1\n"));
}

// The error of a file that could not be checked is printed again by `merge`,
// and counts for the exit status.
TEST_F(ShardingTest, FilesThatFailed) {
  const std::string holds = folder_.Write("holds.pcut", kOnSimfs);
  const std::string bad = folder_.Write("bad.pcut", "powercut 1\nrun\n  x\n");
  const Ended one = RunTool({"check", "--quiet", bad, holds});
  EXPECT_EQ(one.status, kUsage);
  std::vector<std::string> reports;
  for (const char* part : {"1/2", "2/2"}) {
    reports.push_back(folder_.File(fmt::format("r{}.json", part[0])));
    const Ended ended = RunTool({"check", "--quiet", bad, holds, "--shard",
                                 part, "--json", reports.back()});
    EXPECT_EQ(ended.status, kUsage);
  }
  const Ended merged = Merge(reports, {});
  EXPECT_EQ(merged.status, one.status);
  EXPECT_EQ(merged.out, one.out);
  EXPECT_EQ(merged.err, one.err);
}

}  // namespace
}  // namespace powercut
