// Loops that are left before their end: what was said of a state until then is
// in the report, and fails a GoogleTest.

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include <powercut/gtest.hpp>

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::HasSubstr;

const Explore kInProcess = {.isolation = PC_IN_PROCESS};

// An acknowledged write that was never synced.
void FillUnsynced(World& world) {
  world.attempt(1);
  const int file = world.open("/f", PC_WRITE | PC_CREATE);
  world.write(file, "x", 0);
  world.ack(1);
}

bool IsLost(State& state) {
  return state.must_have(1) && state.content("/f") != "x";
}

TEST(LeftLoopTest, WhatWasSaidInThisProcessIsInTheReport) {
  World world;
  FillUnsynced(world);
  States states = world.explore(kInProcess);
  uint64_t seen = 0;
  for (State& state : states) {
    ++seen;
    if (!IsLost(state)) continue;
    state.violation("lost", "x is lost");
    break;
  }
  states.stop();
  EXPECT_EQ(states.verdict(), PC_VIOLATES);
  ASSERT_EQ(states.findings().size(), 1u) << states.report();
  const powercut::Finding finding = states.findings()[0];
  EXPECT_EQ(finding.cause, "lost");
  EXPECT_EQ(finding.states, 1u);
  EXPECT_THAT(finding.text, HasSubstr("x is lost"));
  EXPECT_THAT(finding.file, HasSubstr("left_loop_test.cc"));
  EXPECT_THAT(states.report(), HasSubstr("the loop was left"));
  // States that nobody looked at do not count. One of those that were seen is
  // the end of the run, with no crash.
  EXPECT_EQ(states.counts().runs, seen - 1);

  Explore at = kInProcess;
  at.at = finding.id;
  States again = world.explore(at);
  for (State& state : again) {
    if (IsLost(state)) state.violation("lost", "x is lost");
  }
  EXPECT_EQ(again.verdict(), PC_VIOLATES) << again.report();
}

// Causes that were said before the last one are there, too.
TEST(LeftLoopTest, EachCauseThatWasSaidIsInTheReport) {
  World world;
  FillUnsynced(world);
  States states = world.explore(kInProcess);
  for (State& state : states) {
    if (!state.must_have(1) && !state.exists("/f")) {
      state.violation("not-there", "no file");
    }
    if (!IsLost(state)) continue;
    state.violation("lost", "x is lost");
    break;
  }
  states.stop();
  ASSERT_EQ(states.findings().size(), 2u) << states.report();
  EXPECT_EQ(states.findings()[0].cause, "lost");
  EXPECT_EQ(states.findings()[1].cause, "not-there");
  EXPECT_THAT(states.findings()[1].text, HasSubstr("no file"));
}

// At whichever state the loop is left, others may not have been looked at.
TEST(LeftLoopTest, ALoopThatIsLeftWithNothingSaidIsUnknown) {
  bool left = true;
  for (int at = 1; left; ++at) {
    World world;
    FillUnsynced(world);
    States states = world.explore(kInProcess);
    int seen = 0;
    left = false;
    for (State& state : states) {
      (void)state.content("/f");
      left = ++seen == at;
      if (left) break;
    }
    states.stop();
    EXPECT_EQ(states.verdict(), left ? PC_UNKNOWN : PC_HOLDS)
        << at << states.report();
    EXPECT_TRUE(states.findings().empty());
  }
}

// A result is no hash of a dump because it is as long as one.
TEST(LeftLoopTest, CausesOfEachLengthAreSaidWithNoCrash) {
  for (size_t length = 1; length <= 40; ++length) {
    World world;
    FillUnsynced(world);
    States states = world.explore(kInProcess);
    for (State& state : states) {
      state.violation(std::string(length, 'a'));
      break;
    }
    states.stop();
    EXPECT_EQ(states.verdict(), PC_VIOLATES) << length << states.report();
  }
}

// A worker that went on behind its loop would write here, too.
TEST(LeftLoopTest, BreakEndsTheStateInAWorker) {
  World world;
  FillUnsynced(world);
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t own = getpid();
  States states = world.explore({.jobs = 1, .budget_ms = 60'000});
  for (State& state : states) {
    if (!IsLost(state)) continue;
    state.violation("lost");
    break;
  }
  const char byte = getpid() == own ? 'o' : 'w';
  ASSERT_EQ(write(pipe_ends[1], &byte, 1), 1);
  if (getpid() != own) _exit(0);
  close(pipe_ends[1]);
  std::string written(64, '\0');
  written.resize(
      static_cast<size_t>(read(pipe_ends[0], written.data(), written.size())));
  close(pipe_ends[0]);
  EXPECT_EQ(written, "o");
  EXPECT_EQ(states.verdict(), PC_VIOLATES);
  ASSERT_EQ(states.findings().size(), 1u) << states.report();
  EXPECT_EQ(states.findings()[0].cause, "lost");
}

// --- no crash at all ---------------------------------------------------------

// A recovery that fails with no crash says so, what it said and where, however
// the body ends.
TEST(LeftLoopTest, AFailureWithNoCrashHasItsWordsAndAnId) {
  const auto finding_of = [](World& world,
                             const std::function<void(State&)>& body,
                             const Explore& options) {
    States states = world.explore(options);
    for (State& state : states) body(state);
    EXPECT_THAT(states.report(),
                HasSubstr(": violation: the recovery fails with no crash"));
    EXPECT_EQ(states.findings().size(), 1u) << states.report();
    return states.findings().at(0);
  };
  const auto says = [](State& state) { state.violation("wrong", "a word"); };
  const auto dies = [](State&) { abort(); };
  for (const auto isolation : {PC_FORKED, PC_IN_PROCESS}) {
    World world;
    FillUnsynced(world);
    Explore options = {.isolation = isolation};
    const auto found = finding_of(world, says, options);
    EXPECT_EQ(found.cause, "wrong");
    EXPECT_THAT(found.file, HasSubstr("left_loop_test.cc"));
    EXPECT_THAT(found.text, HasSubstr("a word"));
    EXPECT_THAT(found.text, HasSubstr("crash     no crash at all"));
    options.at = found.id;
    EXPECT_EQ(finding_of(world, says, options).text, found.text);
  }
  World world;
  FillUnsynced(world);
  const auto died = finding_of(world, dies, {});
  EXPECT_THAT(died.cause, HasSubstr("SIGABRT"));
  EXPECT_THAT(died.text, HasSubstr("crash     no crash at all"));
  EXPECT_THAT(died.id, HasSubstr("p@"));
}

void DieAtOnce() {
  World world;
  FillUnsynced(world);
  for (State& state : powercut::ExpectAll(world)) {
    (void)state;
    abort();
  }
}

// The failure is at the line of the test, and not at no line of no file.
TEST(LeftLoopTest, ADeathIsAFailureOfTheLineOfTheTest) {
  ::testing::TestPartResultArray failures;
  {
    const ::testing::ScopedFakeTestPartResultReporter taken(
        ::testing::ScopedFakeTestPartResultReporter::
            INTERCEPT_ONLY_CURRENT_THREAD,
        &failures);
    DieAtOnce();
  }
  ASSERT_EQ(failures.size(), 1);
  const ::testing::TestPartResult& failure = failures.GetTestPartResult(0);
  EXPECT_THAT(failure.file_name(), HasSubstr("left_loop_test.cc"));
  EXPECT_GT(failure.line_number(), 0);
  EXPECT_THAT(failure.message(), HasSubstr("POWERCUT_AT="));
}

// --- GoogleTest --------------------------------------------------------------

// What the property says that the last ExpectAll() of this test recorded.
std::string VerdictProperty() {
  const ::testing::TestResult& result =
      *::testing::UnitTest::GetInstance()->current_test_info()->result();
  for (int i = 0; i < result.test_property_count(); ++i) {
    const ::testing::TestProperty& property = result.GetTestProperty(i);
    if (std::string(property.key()) == "powercut_verdict") {
      return property.value();
    }
  }
  return "";
}

void AssertWhereLost() {
  World world;
  FillUnsynced(world);
  for (State& state : powercut::ExpectAll(world, kInProcess)) {
    ASSERT_FALSE(IsLost(state)) << "an explanation";
  }
}

void FailAndBreakWhereLost() {
  World world;
  FillUnsynced(world);
  for (State& state : powercut::ExpectAll(world, kInProcess)) {
    if (!IsLost(state)) continue;
    ADD_FAILURE() << "an explanation";
    break;
  }
}

void AssertAtOnce() {
  World world;
  FillUnsynced(world);
  for (State& state : powercut::ExpectAll(world, kInProcess)) {
    ASSERT_EQ(state.content("/none"), "x") << "an explanation";
  }
}

TEST(LeftLoopTest, AnAssertionThatLeavesTheLoopFailsTheTest) {
  for (const std::string row : {"an explanation", "POWERCUT_AT="}) {
    EXPECT_NONFATAL_FAILURE(AssertWhereLost(), row);
    EXPECT_EQ(VerdictProperty(), "violation");
    EXPECT_NONFATAL_FAILURE(FailAndBreakWhereLost(), row);
    EXPECT_EQ(VerdictProperty(), "violation");
  }
  EXPECT_NONFATAL_FAILURE(AssertAtOnce(), "an explanation");
  EXPECT_EQ(VerdictProperty(), "violation");
}

}  // namespace
