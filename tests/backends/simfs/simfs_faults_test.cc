// simfs on a disk that fails while ops run: what an op that failed has written
// does not show up in other files.

#include <gtest/gtest.h>

#include <string>

#include "backends/simfs/simfs_backend.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

// The findings of every crash state of a workload, as text.
std::string Explored(const std::string& text, const std::string& profile) {
  const auto backend = MakeSimfsBackend();
  SettingOverrides flags;
  flags.profile = profile;
  const Result<Recorded> recorded =
      RecordWorkload(*backend, MustParse("powercut 1\n" + text), flags);
  EXPECT_TRUE(recorded) << (recorded ? "" : recorded.error().message);
  if (!recorded) return {};
  const Result<Exploration> exploration = Explore(
      {*backend, recorded->workload, recorded->setting, recorded->recording},
      Options("exhaustive"));
  EXPECT_TRUE(exploration);
  std::string found;
  if (!exploration) return found;
  for (const Finding& finding : exploration->findings) {
    found += finding.violation.cause + " " + finding.violation.path + "\n";
  }
  return found;
}

// The data of /f is written, and the record that gives it a place fails. The
// sector of that data must not be given to /g, which a crash could then show
// with the data of /f.
TEST(SimfsFaults, AFailedRecordDoesNotGiveItsDataAway) {
  for (const char* profile : {"spec-strict", "ext4-writeback", "linux-man"}) {
    EXPECT_EQ(Explored("fault error on write nth=2 times=1 in=run\n"
                       "init\n create /f\n create /g\n"
                       "run\n write /f 0 512 -> EIO\n write /g 0 512\n",
                       profile),
              "")
        << profile;
  }
}

}  // namespace
}  // namespace powercut
