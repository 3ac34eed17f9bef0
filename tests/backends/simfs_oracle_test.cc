// simfs beside a naive list of what its profile admits: equal on random tiny
// workloads, for each kind of crash.

#include "tests/backends/simfs_oracle.h"

#include <gtest/gtest.h>

#include <array>

#include "harness/base/check.h"
#include "harness/base/prng.h"
#include "tests/backends/simfs_scene.h"

namespace powercut {
namespace {

constexpr std::array<std::string_view, 6> kInit = {
    "create /f",
    "write /f 0 700",
    "map V /f 0 700",
    "open T /f write_through",
    "open N /f no_buffering",
    "open B /f write_through no_buffering"};

std::string RandomPath(Prng& random) { return random.OneIn(3) ? "/g" : "/f"; }

std::string RandomLine(Prng& random, bool nt) {
  const std::string f = RandomPath(random);
  const std::string at = std::to_string(256 * random.Below(5));
  const std::string size = std::to_string(256 * (1 + random.Below(3)));
  switch (random.Below(22)) {
    case 0:
      return "create " + f;
    case 1:
      return "link " + f + " /h";
    case 2:
      return "unlink " + f;
    case 3:
      return random.OneIn(2) ? "rename /f /g" : "rename /g /f";
    case 4:
    case 5:
      return "truncate " + f + " " + at;
    case 6:
      return "set_times " + f + " 99";
    case 7:
      return "fdatasync " + f;
    case 8:
      return "barrier_fsync " + f;
    case 9:
      return "write " + f + " " + at + " " + size +
             (random.OneIn(2) ? " dsync" : " sync");
    case 10:
      return "sync_file_range " + f + " 0 512";
    case 11:
      if (!nt) return "full_fsync " + f;
      return "nt_flush " + f +
             (random.OneIn(2)   ? " file_data_only"
              : random.OneIn(2) ? " no_sync"
                                : " file_data_sync_only");
    case 12:
      return "fsync " + f;
    case 13:
      return "store V 0 " + size;
    case 20:
    case 21: {
      const std::string handle = random.OneIn(2)   ? "T"
                                 : random.OneIn(2) ? "N"
                                                   : "B";
      return "write " + handle + " " + at + " " + size;
    }
    case 14:
      return random.OneIn(2) ? "flush_view V 0 512" : "msync V 0 512";
    default:
      return "write " + f + " " + at + " " + size;
  }
}

// A few ops behind a fixed `init`; the seed decides.
std::vector<std::string> RandomWorkload(uint64_t seed, bool nt) {
  Prng random(seed);
  std::vector<std::string> lines(kInit.begin(), kInit.end());
  const size_t ops = lines.size() + 1 + random.Below(4);
  while (lines.size() < ops) lines.push_back(RandomLine(random, nt));
  return lines;
}

struct Comparison {
  int compared = 0;        // crashes
  std::string difference;  // the first; empty: none
};

Comparison Compare(const std::string& profile, uint64_t seed,
                   const SimfsBugs& bugs) {
  Comparison result;
  SimfsScene scene(profile, bugs);
  scene.lenient = true;
  SimfsOracle oracle(*FindProfile(profile));
  std::string text;
  size_t done = 0;
  for (const std::string& line : RandomWorkload(seed, profile != "exfat")) {
    const auto workload =
        ParseWorkload("powercut 1\nrun\n" + text + line + "\n", "oracle");
    if (!workload) continue;  // it leaves its view
    text += line + "\n";
    const std::string before = scene.results;
    scene.Run(line);
    const bool ok = scene.results == before + ";";
    if (oracle.Run(workload->run[done]) != ok) {
      result.difference = "not the same result: " + text;
      return result;
    }
    if (++done != kInit.size()) continue;
    scene.Init("");
    oracle.MakeDurable();
  }
  for (const CrashKind kind : kCrashKinds) {
    if (oracle.Choices(static_cast<int>(kind)) > 20000) continue;
    if (scene.SpaceLog2(kind) > 13) continue;
    ++result.compared;
    const auto found = scene.After(kind, {true, true});
    const auto admitted = oracle.States(static_cast<int>(kind), ContentInWords);
    if (found == admitted) continue;
    result.difference = std::string(CrashKindName(kind)) + ":\n" + text;
    for (const std::string& words : found) {
      if (!admitted.contains(words)) {
        result.difference += "not admitted: " + words + "\n";
      }
    }
    for (const std::string& words : admitted) {
      if (!found.contains(words)) {
        result.difference += "not reached: " + words + "\n";
      }
    }
    return result;
  }
  return result;
}

TEST(SimfsOracle, SimfsLeavesWhatTheProfileAdmitsAndNothingElse) {
  const auto backend = MakeSimfsBackend();
  int compared = 0;
  for (const std::string& profile : backend->traits().profiles) {
    for (uint64_t seed = 0; seed < 150; ++seed) {
      const Comparison result = Compare(profile, seed, {});
      compared += result.compared;
      ASSERT_EQ(result.difference, "") << profile << ", seed " << seed;
    }
  }
  EXPECT_GT(compared, 3000);
}

// The comparison can fail: the bugs that its ops can show are caught.
TEST(SimfsOracle, PlantedBugsDiffer) {
  using enum SimfsBug;
  const std::vector<std::pair<SimfsBug, std::string>> bugs = {
      {kFsyncSkipsData, "linux-man"},
      {kFsyncSkipsShape, "linux-man"},
      {kFsyncSkipsTimes, "linux-man"},
      {kFsyncSkipsDevice, "linux-man"},
      {kFdatasyncSkipsSize, "linux-man"},
      {kDataOnlyIsFull, "spec-strict"},
      {kNoSyncFlushesDevice, "ntfs"},
      {kDataSyncWritesTimes, "ntfs"},
      {kDataSyncSkipsSize, "ntfs"},
      {kMsyncSkipsDevice, "linux-man"},
      {kViewReachesMedia, "spec-strict"},
      {kDsyncSkipsFua, "linux-man"},
      {kSyncWriteSkipsTimes, "linux-man"},
      {kRenameInTwoRecords, "ntfs"},
      {kReplaceForgetsData, "ext4-ordered"},
      {kSizeBeforeData, "spec-strict"},
      {kJournalOrderIgnored, "ntfs"},
      {kTruncateKeepsBytes, "spec-strict"},
      {kTornRecordAccepted, "ext4-journal"},
      {kBarrierIgnored, "macos"},
      {kWriteThroughIgnored, "spec-strict"}};
  for (const auto& [bug, profile] : bugs) {
    bool caught = false;
    for (uint64_t seed = 0; seed < 2000 && !caught; ++seed) {
      caught = !Compare(profile, seed, {bug}).difference.empty();
    }
    EXPECT_TRUE(caught) << static_cast<int>(bug);
  }
}

}  // namespace
}  // namespace powercut
