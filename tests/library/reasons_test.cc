// What pc_last_error() says of calls that cannot be made, and what the report
// says of a file that was never synced.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include <powercut/powercut.hpp>

#include "harness/base/sanitizer.h"

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::HasSubstr;

// Each call fails after another one that failed for its own reason.
TEST(ReasonsTest, EachCallThatFailsSaysWhy) {
  World owner;
  pc_world* const world = owner.get();
  pc_world* made = nullptr;
  pc_states* states = nullptr;
  pc_facts facts = PC_FACTS;
  facts.size = 4;
  pc_explore_options options = PC_EXPLORE_OPTIONS;
  options.size = 3;
  struct Row {
    std::function<int()> call;
    const char* why;
  };
  const std::vector<Row> rows = {
      {[&] { return pc_crash_now(world, nullptr, nullptr, &made); },
       "pc_crash_now: `which` is NULL"},
      {[&] { return pc_crash_now(world, nullptr, "none", nullptr); },
       "pc_crash_now: `crashed` is NULL"},
      {[&] { return pc_crash_now(world, "ext9", "none", &made); }, "ext9"},
      {[&] { return pc_explore(world, nullptr, nullptr); },
       "pc_explore: `states` is NULL"},
      {[&] { return pc_explore(world, &options, &states); },
       "pc_explore: options.size is too small"},
      {[&] { return pc_stat(world, "/", &facts); },
       "pc_stat: the size in `facts` is 4, and"},
      {[&] { return pc_stat(world, "/", nullptr); },
       "pc_stat: `facts` is NULL"},
      {[&] { return pc_stat(world, nullptr, &facts); },
       "pc_stat: `path` is NULL"},
      {[&] { return pc_sync(world, 1, 99); }, "pc_sync: there is no kind 99"},
      {[&] { return pc_fail(world, 9, 0, 1); },
       "pc_fail: there is no failure 9"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(pc_unlink(world, "/missing"), -ENOENT);
    EXPECT_EQ(row.call(), -EINVAL) << row.why;
    EXPECT_THAT(pc_last_error(world), HasSubstr(row.why));
  }
  EXPECT_EQ(made, nullptr);
  EXPECT_EQ(states, nullptr);
}

// A state is no world to crash: its crashes are a part of the loop.
TEST(ReasonsTest, AStateIsNotCrashedByItself) {
  World world;
  world.open("/f", PC_WRITE | PC_CREATE);
  States loop = world.explore({.isolation = PC_IN_PROCESS});
  for (State& state : loop) {
    pc_world* made = nullptr;
    EXPECT_EQ(pc_crash_now(state.get(), nullptr, "none", &made), -EINVAL);
    EXPECT_THAT(pc_last_error(state.get()),
                HasSubstr("pc_crash_now: this is a state that pc_next()"));
    pc_states* states = nullptr;
    EXPECT_EQ(pc_explore(state.get(), nullptr, &states), -EINVAL);
    EXPECT_THAT(pc_last_error(state.get()), HasSubstr("pc_explore: this is a"));
    EXPECT_EQ(pc_fail(state.get(), PC_FAIL_SYNC, 0, 1), -EINVAL);
    EXPECT_THAT(pc_last_error(state.get()), HasSubstr("pc_fail: a state that"));
  }
}

// A worker bounds its own memory, so that workers of its own would die.
TEST(ReasonsTest, AWorkerHasNoWorkers) {
  if (powercut::kSanitized) {
    GTEST_SKIP() << "workers have no bound where a sanitizer reserves memory";
  }
  World world;
  world.open("/f", PC_WRITE | PC_CREATE);
  States loop = world.explore();
  for (State& state : loop) {
    World inner;
    inner.open("/g", PC_WRITE | PC_CREATE);
    States states = inner.explore();
    for (State& one : states) one.exists("/g");
    if (states.report().find("(PC_IN_PROCESS)") == std::string::npos) {
      state.violation("other-words", states.report());
    }
  }
  EXPECT_EQ(loop.verdict(), PC_HOLDS) << loop.report();
}

// The commonest mistake: nothing was synced at all. The sync that is named
// comes after the data, where it saves them, and before the ack.
TEST(ReasonsTest, TheRemedyComesAfterAllThatIsToBeKept) {
  const auto explored = [](bool synced, bool more) {
    World world;
    const int file = world.open("/f", PC_WRITE | PC_CREATE);
    world.attempt(1);
    world.append(file, std::string(600, '1'));
    world.append(file, std::string(600, '2'));
    if (synced) world.fsync(file);
    world.ack(1);
    if (more) world.append(file, "more");
    States states = world.explore({.profiles = "ext4-ordered"});
    for (State& state : states) {
      const std::string all = std::string(600, '1') + std::string(600, '2');
      if (state.must_have(1) && state.content("/f").substr(0, 1200) != all) {
        state.violation("lost");
      }
    }
    return states.report();
  };
  EXPECT_THAT(explored(false, false),
              HasSubstr("remedy    an fsync of /f after `write /f 600 600`"));
  EXPECT_THAT(explored(false, true),
              HasSubstr("remedy    an fsync of /f after `write /f 600 600`"));
  EXPECT_THAT(explored(true, false), HasSubstr("holds"));
}

// A log of three acknowledged records, synced or not.
void FillLog(World& world, bool synced) {
  const int file = world.open("/log", PC_WRITE | PC_CREATE);
  world.sync_directory("/");
  world.start();
  for (uint64_t n = 1; n <= 3; ++n) {
    world.attempt(n);
    world.append(file, "record\n");
    if (synced) world.fsync(file);
    world.ack(n);
  }
}

// A dump of the wrong file is the same everywhere.
TEST(ReasonsTest, ADumpThatSeesNothingDecidesNothing) {
  for (const char* path : {"/log", "/lgo"}) {
    World world;
    FillLog(world, true);
    States states = world.explore({.profiles = "xfs"});
    for (State& state : states) {
      std::string dump = state.exists(path) ? state.content(path) : "";
      // Space that an append got and did not fill.
      std::erase(dump, '\0');
      state.found(dump);
    }
    const bool sees = std::string(path) == "/log";
    EXPECT_EQ(states.verdict(), sees ? PC_HOLDS : PC_UNKNOWN);
    EXPECT_EQ(states.report().find("found() got the same dump before and after "
                                   "all 3 attempts") == std::string::npos,
              sees)
        << states.report();
  }
}

// A test that looks at nothing holds with nothing made durable, also if the
// code has no sync that could be left out.
TEST(ReasonsTest, AnAuditNoticesATestThatCannotFail) {
  for (const bool synced : {false, true}) {
    for (const bool looks : {false, true}) {
      World world;
      FillLog(world, synced);
      Explore options;
      options.profiles = "xfs";
      options.audit = true;
      States states = world.explore(options);
      for (State& state : states) {
        const std::string log = state.content("/log");
        for (uint64_t n = 1; n <= 3; ++n) {
          if (looks && state.must_have(n) && log.size() < n * 7) {
            state.violation("lost");
          }
        }
      }
      const std::string report = states.report();
      EXPECT_EQ(states.verdict(), looks && !synced ? PC_VIOLATES : PC_HOLDS);
      EXPECT_EQ(report.find("not seen by the test") != std::string::npos,
                !looks)
          << report;
      EXPECT_EQ(
          report.find("all that makes the 3 acks durable") != std::string::npos,
          !looks && !synced)
          << report;
    }
  }
}

}  // namespace
