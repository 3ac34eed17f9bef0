// Checks workloads on simfs in this process and makes reports of the results,
// as the verb `check` does.

#ifndef POWERCUT_TESTS_HARNESS_CLI_CHECKING_H_
#define POWERCUT_TESTS_HARNESS_CLI_CHECKING_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/simfs/simfs_backend.h"
#include "harness/cli/report/report_json.h"
#include "tests/exploring.h"

namespace powercut {

// A workload of renames, appends, removes and syncs. Some of it does not hold
// if a bug of simfs is planted. If none is, the expectation is not met.
inline constexpr const char* kBusyOnSimfs = R"(powercut 1
backend simfs
profile ext4-ordered
crash   process,os,power
init
  create /a
  write  /a 0 1536
  create /b
  write  /b 0 1024
  mkdir  /d
run
  write  /a 512 1024
  fsync  /a
  create /d/c
  write  /d/c 0 1024
  fsync  /d/c
  rename /b /a
  fdatasync /a
  append /d/c 512
  unlink /a
  syncfs
expect violation lost /d/c
)";

// A workload recorded on simfs with planted bugs, to be checked in shards.
class SimfsScene {
 public:
  explicit SimfsScene(const SimfsBugs& bugs,
                      const std::string& text = kBusyOnSimfs)
      : backend_(MakeSimfsBackend(bugs)),
        recorded_(RecordWorkload(*backend_, MustParse(text)).value()) {}

  // Returns the report of the shard in `options`.
  Report Check(const ExploreOptions& options) const {
    Result<Exploration> explored = Explore(
        {*backend_, recorded_.workload, recorded_.setting, recorded_.recording},
        options);
    EXPECT_TRUE(explored);
    CheckedWorkload checked;
    checked.file = "test.pcut";
    checked.pcut_hash = std::string(32, '5');
    checked.backend = "simfs";
    checked.profile = recorded_.setting.profile->name;
    checked.space = options.space;
    checked.atomic_bytes = recorded_.setting.atomic_bytes;
    checked.crash_kinds = recorded_.setting.crash_kinds;
    checked.replay_flags = " --backend simfs";
    checked.expectations = recorded_.workload.expectations;
    checked.shard = options.shard;
    checked.exploration = std::move(*explored);
    checked.elapsed_s = 0.25;
    Report report;
    report.seed = options.seed;
    report.shard = options.shard;
    report.verdict = VerdictOf(Conclude(checked, {}).status);
    report.interrupted = checked.exploration.interrupted;
    report.workloads = {std::move(checked)};
    return report;
  }

 private:
  std::unique_ptr<Backend> backend_;
  Recorded recorded_;
};

inline ExploreOptions ListingOptions(const std::string& space) {
  ExploreOptions options = Options(space, /*jobs=*/0);
  options.list_states = true;
  return options;
}

}  // namespace powercut

#endif  // POWERCUT_TESTS_HARNESS_CLI_CHECKING_H_
