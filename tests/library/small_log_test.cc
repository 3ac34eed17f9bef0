// The library as its users see it: a small log that is right, and each of its
// mistakes found, by assertions, by dumps, and in each isolation.

#include "tests/library/small_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <powercut/powercut.hpp>

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::HasSubstr;

// What the records of a state must be, as a user would check it.
void CheckLog(State& state, SmallLogMistakes mistakes) {
  const SmallLog log(state, mistakes);
  const auto& records = log.records();
  for (uint64_t number = 1; number <= records.size(); ++number) {
    if (records[number - 1] != SmallLogText(number)) {
      state.violation("torn-record", "a record is not what was written");
    }
    if (!state.may_have(number)) {
      state.violation("future-record", "a record was never attempted");
    }
  }
  for (uint64_t number = records.size() + 1; number <= 3; ++number) {
    if (state.must_have(number)) {
      state.violation("lost-record", "an acknowledged record is gone");
    }
  }
}

struct Outcome {
  pc_verdict verdict;
  std::vector<std::string> causes;
  std::string report;
  pc_counts counts;
};

enum class By { kCheck, kDump };

Outcome Explored(SmallLogMistakes mistakes, By by, const Explore& options) {
  World world;
  FillSmallLog(world, 3, mistakes);
  States states = world.explore(options);
  for (State& state : states) {
    if (by == By::kCheck) {
      CheckLog(state, mistakes);
    } else {
      state.found(SmallLog(state, mistakes).Dump());
    }
  }
  Outcome outcome{states.verdict(), {}, states.report(), states.counts()};
  for (const auto& finding : states.findings()) {
    outcome.causes.push_back(finding.cause);
  }
  return outcome;
}

class SmallLogTest : public ::testing::TestWithParam<pc_isolation> {
 protected:
  Explore Under(const std::string& profile) const {
    Explore options;
    options.profiles = profile;
    options.isolation = GetParam();
    options.budget_ms = 60'000;
    return options;
  }
};

TEST_P(SmallLogTest, ARightLogHolds) {
  for (const std::string profile :
       {"spec-strict", "linux-man", "ext4-ordered"}) {
    for (const By by : {By::kCheck, By::kDump}) {
      const Outcome outcome = Explored({}, by, Under(profile));
      EXPECT_EQ(outcome.verdict, PC_HOLDS) << outcome.report;
      EXPECT_GT(outcome.counts.states, 10u) << outcome.report;
    }
  }
}

TEST_P(SmallLogTest, WithoutChecksumsARecordIsTorn) {
  const Outcome outcome =
      Explored({.no_checksum = true}, By::kCheck, Under("linux-man"));
  EXPECT_EQ(outcome.verdict, PC_VIOLATES);
  EXPECT_THAT(outcome.causes, ::testing::ElementsAre("torn-record"))
      << outcome.report;
  EXPECT_THAT(outcome.report, HasSubstr("small_log.h:"));
}

TEST_P(SmallLogTest, WithoutASyncAnAckIsLost) {
  const Outcome outcome =
      Explored({.no_sync = true}, By::kCheck, Under("linux-man"));
  EXPECT_THAT(outcome.causes, ::testing::Contains("lost-record"))
      << outcome.report;
  EXPECT_THAT(outcome.report, HasSubstr("never synced before the crash"));
}

TEST_P(SmallLogTest, TheDirectoryMatters) {
  const SmallLogMistakes mistakes{.no_directory_sync = true};
  const Outcome man = Explored(mistakes, By::kCheck, Under("linux-man"));
  EXPECT_THAT(man.causes, ::testing::ElementsAre("lost-record")) << man.report;
  EXPECT_THAT(man.report, HasSubstr("remedy"));
  const Outcome ext4 = Explored(mistakes, By::kCheck, Under("ext4-ordered"));
  EXPECT_EQ(ext4.verdict, PC_HOLDS) << ext4.report;
}

// No check is written: found() alone tells.
TEST_P(SmallLogTest, DumpsTellTheSame) {
  EXPECT_THAT(
      Explored({.no_checksum = true}, By::kDump, Under("linux-man")).causes,
      ::testing::Contains("no-prefix"));
  EXPECT_THAT(Explored({.no_sync = true}, By::kDump, Under("linux-man")).causes,
              ::testing::Contains("acknowledged-is-lost"));
  EXPECT_THAT(
      Explored({.no_directory_sync = true}, By::kDump, Under("linux-man"))
          .causes,
      ::testing::Contains("acknowledged-is-lost"));
}

INSTANTIATE_TEST_SUITE_P(Isolation, SmallLogTest,
                         ::testing::Values(PC_FORKED, PC_IN_PROCESS),
                         [](const auto& instance) {
                           return instance.param == PC_FORKED ? "forked"
                                                              : "in_process";
                         });

// The same report for any number of workers, and in this process.
TEST(SmallLogReportTest, IsTheSameForAnyNumberOfWorkers) {
  const SmallLogMistakes mistakes{.no_checksum = true, .no_sync = true};
  Explore options;
  options.profiles = "linux-man,ext4-ordered";
  options.budget_ms = 60'000;
  std::string first;
  for (const uint32_t jobs : {1u, 2u, 5u}) {
    options.jobs = jobs;
    const std::string report = Explored(mistakes, By::kCheck, options).report;
    if (first.empty()) first = report;
    EXPECT_EQ(report, first);
  }
  options.isolation = PC_IN_PROCESS;
  EXPECT_EQ(Explored(mistakes, By::kCheck, options).report, first);
}

// The id of a finding runs exactly that state.
TEST(SmallLogReportTest, AnIdReplaysItsState) {
  World world;
  FillSmallLog(world, 3, {.no_sync = true});
  Explore options;
  options.profiles = "linux-man";
  States states = world.explore(options);
  for (State& state : states) CheckLog(state, {});
  ASSERT_FALSE(states.findings().empty());
  const auto finding = states.findings().front();
  options.at = finding.id;
  States one = world.explore(options);
  int seen = 0;
  for (State& state : one) {
    CheckLog(state, {});
    ++seen;
  }
  // The prefixes and the state itself run in this process.
  EXPECT_GE(seen, 1);
  ASSERT_EQ(one.findings().size(), 1u) << one.report();
  EXPECT_EQ(one.findings()[0].cause, finding.cause);
}

}  // namespace
