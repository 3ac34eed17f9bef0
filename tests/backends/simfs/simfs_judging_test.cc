// With many workers, other processes judge the outcomes (JudgingTasks). What an
// exploration finds stays the same: here a flush that is ignored, seen in a
// part of thousands of outcomes, which one worker judges in its parent and four
// workers judge in tasks.

#include <gtest/gtest.h>

#include <string>

#include "backends/simfs/simfs_backend.h"
#include "tests/exploring.h"

namespace powercut {
namespace {

// Each state of the 12 files has an outcome of its own, so that there are more
// questions than one task answers.
constexpr int kFiles = 12;

Exploration Explored(const SimfsBugs& bugs, uint32_t jobs) {
  std::string text =
      "powercut 1\nbackend simfs\ninit\nrun\n  create /k\n  fsync /k\n"
      "  fsync /\n";
  for (int i = 0; i < kFiles; ++i) {
    text += "  create /f" + std::to_string(i) + "\n";
  }
  const auto backend = MakeSimfsBackend(bugs);
  auto recorded = RecordWorkload(*backend, MustParse(text));
  EXPECT_TRUE(recorded) << recorded.error().message;
  if (!recorded) return {};
  ExploreOptions options = Options("exhaustive", jobs);
  options.list_states = true;
  auto explored = Explore(
      {*backend, recorded->workload, recorded->setting, recorded->recording},
      options);
  EXPECT_TRUE(explored);
  return explored ? std::move(*explored) : Exploration{};
}

TEST(SimfsJudgingTest, TasksFindWhatTheParentFinds) {
  const SimfsBugs bugs = {SimfsBug::kFsyncSkipsDevice};
  const Exploration alone = Explored(bugs, 1);
  const Exploration tasks = Explored(bugs, 4);
  EXPECT_GT(alone.runs, 4096u);
  ASSERT_FALSE(alone.findings.empty());
  EXPECT_EQ(DumpOf(tasks), DumpOf(alone));
  ASSERT_EQ(tasks.findings.size(), alone.findings.size());
  size_t violating = 0;
  for (size_t i = 0; i < alone.findings.size(); ++i) {
    violating += alone.findings[i].states.size();
    EXPECT_EQ(tasks.findings[i].states, alone.findings[i].states);
    EXPECT_EQ(tasks.findings[i].found_at, alone.findings[i].found_at);
  }
  EXPECT_GT(violating, 1000u);
}

TEST(SimfsJudgingTest, TasksAdmitWhatTheParentAdmits) {
  const Exploration alone = Explored({}, 1);
  const Exploration tasks = Explored({}, 4);
  EXPECT_TRUE(tasks.findings.empty());
  EXPECT_EQ(DumpOf(tasks), DumpOf(alone));
}

}  // namespace
}  // namespace powercut
