// simfs beside a naive list of what its profile admits: equal on random tiny
// workloads, for each kind of crash.

#include "tests/backends/simfs_oracle.h"

#include <gtest/gtest.h>

#include "harness/base/prng.h"
#include "tests/backends/simfs_scene.h"

namespace powercut {
namespace {

std::string RandomPath(Prng& random) { return random.OneIn(3) ? "/g" : "/f"; }

std::string RandomLine(Prng& random, bool nt) {
  const std::string f = RandomPath(random);
  const std::string at = std::to_string(256 * random.Below(5));
  const std::string size = std::to_string(256 * (1 + random.Below(3)));
  switch (random.Below(20)) {
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
    case 14:
      return random.OneIn(2) ? "flush_view V 0 512" : "msync V 0 512";
    default:
      return "write " + f + " " + at + " " + size;
  }
}

TEST(SimfsOracle, SimfsLeavesWhatTheProfileAdmitsAndNothingElse) {
  const auto backend = MakeSimfsBackend();
  int compared = 0;
  for (const std::string& profile : backend->traits().profiles) {
    for (uint64_t seed = 0; seed < 400; ++seed) {
      Prng random(seed);
      SimfsScene scene(profile);
      SimfsOracle oracle(*FindProfile(profile));
      std::string lines;
      std::vector<std::string> todo = {"create /f", "write /f 0 700",
                                       "map V /f 0 700"};
      const size_t init = todo.size();
      const size_t ops = init + 1 + random.Below(4);
      while (todo.size() < ops) {
        todo.push_back(RandomLine(random, profile != "exfat"));
      }
      scene.lenient = true;
      for (size_t i = 0; i < todo.size(); ++i) {
        lines += todo[i] + "\n";
        const auto workload =
            ParseWorkload("powercut 1\nrun\n" + lines, "oracle");
        ASSERT_TRUE(workload) << workload.error().message;
        const std::string before = scene.results;
        scene.Run(todo[i]);
        const bool ok = scene.results == before + ";";
        ASSERT_EQ(oracle.Run(workload->run[i]), ok) << lines;
        if (i + 1 != init) continue;
        scene.Init("");
        oracle.MakeDurable();
      }
      for (int kind = 0; kind < 3; ++kind) {
        if (oracle.Choices(kind) > 20000) continue;
        if (scene.SpaceLog2(static_cast<CrashKind>(kind)) > 13) continue;
        ++compared;
        const auto found =
            scene.After(static_cast<CrashKind>(kind), {true, true});
        ASSERT_EQ(found, oracle.States(kind, ContentInWords))
            << profile << ", seed " << seed << ", "
            << CrashKindName(static_cast<CrashKind>(kind)) << "\n"
            << lines;
      }
    }
  }
  EXPECT_GT(compared, 5000);
}

}  // namespace
}  // namespace powercut
