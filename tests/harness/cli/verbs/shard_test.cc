// `powercut shard`: what it writes for schedulers. The script for Slurm runs on
// a real cluster of two nodes, one of which is lost in the middle; the pods of
// Kubernetes run here as the processes that their manifest describes.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/harness/cli/timeless_report.h"
#include "tests/harness/cli/tool_output.h"

namespace powercut {
namespace {

using ::testing::HasSubstr;

const std::string kSource = POWERCUT_SOURCE_DIR;

class ShardTest : public ::testing::Test {
 protected:
  // Runs a command of the shell in the folder of the test, with the tool on the
  // PATH.
  Ended Shell(const std::string& command) const {
    return Subprocess(
               {"/bin/bash", "-c",
                fmt::format(
                    "cd {} && PATH={}:$PATH && {}", folder_.File(""),
                    std::filesystem::path(POWERCUT_TOOL).parent_path().string(),
                    command)})
        .Wait();
  }

  void ExpectMergedIs(const std::string& command) const {
    const Ended one = Shell("powercut " + command + " --quiet --json one.json");
    const Ended merged = Shell("powercut merge shard*.json --json merged.json");
    EXPECT_EQ(merged.out, one.out) << merged.err;
    EXPECT_EQ(merged.status, one.status);
    EXPECT_EQ(Timeless(folder_.Read("merged.json")),
              Timeless(folder_.Read("one.json")));
  }

  TemporaryFolder folder_;
};

// What keeps a cluster from running here. Empty if nothing does.
std::string ClusterLack() {
  if (geteuid() != 0) return "a cluster of Slurm needs root";
  for (const char* program : {"/usr/sbin/slurmctld", "/usr/sbin/slurmd",
                              "/usr/sbin/munged", "/usr/bin/sbatch"}) {
    if (!std::filesystem::exists(program)) {
      return std::string(program) +
             " is not installed (packages slurmctld, slurmd, slurm-client and "
             "munge)";
    }
  }
  // The cluster has a network, a host name and processes of its own.
  const Ended apart =
      Subprocess({"/usr/bin/unshare", "--pid", "--net", "--uts", "--mount",
                  "--ipc", "--fork", "--mount-proc", "/bin/true"})
          .Wait();
  if (apart.status != 0) return "no namespaces can be made: " + apart.err;
  return {};
}

TEST_F(ShardTest, ALostNodeOfSlurmCostsNothing) {
  if (const std::string lack = ClusterLack(); !lack.empty()) {
    GTEST_SKIP() << lack;
  }
  // Many files make shards that are long enough to be in the middle of one.
  std::filesystem::copy(kSource + "/corpora/regressions", folder_.File("r"));
  const std::string command = "check --space epoch:1 $(ls r/*)";
  EXPECT_EQ(Shell("powercut shard --slurm 8 -o shards.sh -- " + command).status,
            kHolds);
  const Ended array = Shell("mkdir cluster && " + kSource +
                            "/tests/slurm/lose_a_node.sh cluster shards.sh");
  EXPECT_EQ(array.status, 0)
      << array.out << array.err << Shell("tail cluster/*.log").out;
  EXPECT_THAT(array.out, HasSubstr("lost: shard "));
  EXPECT_THAT(array.out, HasSubstr("JobState=COMPLETED"));
  EXPECT_THAT(array.out, HasSubstr("Restarts=1"));
  EXPECT_THAT(array.out, HasSubstr("NodeList=n1"));
  ExpectMergedIs(command);
}

// The lines of the container's command run as the pods would run them.
TEST_F(ShardTest, PodsOfKubernetes) {
  folder_.Write("re place.pcut", kReplace);
  const Ended manifest = Shell(
      "powercut shard --kubernetes 3 --image registry/powercut:1 -- check "
      "--space prefix 're place.pcut'");
  EXPECT_EQ(manifest.status, kHolds);
  EXPECT_THAT(manifest.out, HasSubstr("completions: 3\n"));
  EXPECT_THAT(manifest.out, HasSubstr("image: \"registry/powercut:1\"\n"));
  const std::string begin = "            - |\n";
  const size_t at = manifest.out.find(begin) + begin.size();
  std::string lines =
      manifest.out.substr(at, manifest.out.find("          volumeMounts") - at);
  for (size_t i = 0; (i = lines.find("/reports/")) != std::string::npos;) {
    lines.erase(i, std::string("/reports/").size());
  }
  folder_.Write("pod.sh", lines);
  const Ended pods = Shell(
      "for i in 0 1 2; do JOB_COMPLETION_INDEX=$i sh pod.sh >/dev/null || echo "
      "failed; done");
  EXPECT_EQ(pods.out + pods.err, "");
  ExpectMergedIs("check --space prefix 're place.pcut'");
}

TEST_F(ShardTest, AViolationIsNoFailureOfAJob) {
  folder_.Write("w.pcut", kReplace);
  EXPECT_EQ(Shell("powercut shard --slurm 2 -- check w.pcut >job.sh && "
                  "SLURM_ARRAY_TASK_ID=2 sh job.sh >/dev/null")
                .status,
            0);
  EXPECT_NE(Shell("powercut shard --slurm 2 -- check none.pcut >job.sh && "
                  "SLURM_ARRAY_TASK_ID=2 sh job.sh >/dev/null")
                .status,
            0);
}

TEST_F(ShardTest, Refusals) {
  const auto expect = [](std::vector<std::string> command,
                         const std::string& part) {
    command.insert(command.begin(), "shard");
    ExpectError(RunTool(command), kUsage, part);
  };
  expect({"--slurm", "8", "--", "litmus", "x"}, "cannot run in shards");
  expect({"--slurm", "8", "--", "check", "x", "--jobs=2"}, "leave --jobs out");
  expect({"--slurm", "8", "--", "check", "--json", "x"}, "leave --json out");
  expect({"--slurm", "8", "--", "check", "a\nb"}, "control character");
  expect({"--", "check", "x"}, "say either --slurm N or --kubernetes N");
  expect({"--kubernetes", "8", "--", "check", "x"}, "needs --image");
}

}  // namespace
}  // namespace powercut
