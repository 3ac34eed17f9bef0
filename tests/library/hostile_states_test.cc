// Loops whose body ends in every way that code can end, and handles that are
// wrong: each is a result or an error, and the exploration goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <powercut/powercut.hpp>

#include "harness/base/sanitizer.h"

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::HasSubstr;

// A file of three sectors, written in one call and never synced: each subset of
// the sectors can be found.
void FillWorld(World& world) {
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  world.fsync(file);
  world.sync_directory("/");
  world.start();
  world.write(file, std::string(1536, 'x'), 0);
}

// Whether the first sector of the file was written.
bool HasFirst(State& state) { return state.content("/f").starts_with("x"); }
// Whether only the first one was, which few states show.
bool HasFirstAlone(State& state) {
  const std::string content = state.content("/f");
  return content.size() == 1536 && content[0] == 'x' && content[512] != 'x' &&
         content[1024] != 'x';
}
bool HasLast(State& state) {
  const std::string content = state.content("/f");
  return content.size() == 1536 && content.back() == 'x';
}

// Explores with a body, and returns the report.
struct Ended {
  pc_verdict verdict;
  std::vector<powercut::Finding> findings;
  std::string report;
};

Ended ExploreWith(const std::function<void(State&)>& body,
                  Explore options = {}) {
  World world;
  FillWorld(world);
  options.profiles = "linux-man";
  options.state_timeout_ms = 1'000;
  options.jobs = 2;
  options.budget_ms = 60'000;
  States states = world.explore(options);
  for (State& state : states) body(state);
  return {states.verdict(), states.findings(), states.report()};
}

TEST(HostileStatesTest, ABodyThatIsFineHolds) {
  EXPECT_EQ(ExploreWith([](State& state) { HasFirst(state); }).verdict,
            PC_HOLDS);
}

TEST(HostileStatesTest, ACrashIsAFinding) {
  const Ended ended = ExploreWith([](State& state) {
    // Sanitizers take SIGSEGV for themselves.
    if (HasFirst(state) && !HasLast(state)) raise(SIGABRT);
  });
  EXPECT_EQ(ended.verdict, PC_VIOLATES);
  ASSERT_EQ(ended.findings.size(), 1u) << ended.report;
  EXPECT_THAT(ended.report, HasSubstr("SIGABRT"));
}

TEST(HostileStatesTest, AnExitIsAFinding) {
  const Ended ended = ExploreWith([](State& state) {
    if (HasFirst(state) && !HasLast(state)) _exit(0);
  });
  EXPECT_EQ(ended.verdict, PC_VIOLATES) << ended.report;
  EXPECT_THAT(ended.report, HasSubstr("exit status 0"));
}

TEST(HostileStatesTest, AHangIsAFinding) {
  const Ended ended = ExploreWith([](State& state) {
    if (!HasFirstAlone(state)) return;
    std::this_thread::sleep_for(std::chrono::seconds(60));
  });
  EXPECT_EQ(ended.verdict, PC_VIOLATES) << ended.report;
  EXPECT_THAT(ended.report, HasSubstr("hung"));
}

TEST(HostileStatesTest, ALoopWithoutEndIsAFinding) {
  const Ended ended = ExploreWith([](State& state) {
    if (!HasFirstAlone(state)) return;
    for (volatile bool on = true; on;) {
    }
  });
  EXPECT_EQ(ended.verdict, PC_VIOLATES) << ended.report;
}

TEST(HostileStatesTest, ThreadsThatAreLeftDoNoHarm) {
  const Ended ended = ExploreWith([](State& state) {
    HasFirst(state);
    std::thread([] { pause(); }).detach();
  });
  EXPECT_EQ(ended.verdict, PC_HOLDS) << ended.report;
}

// The body is left by `return` in the loop of this function itself.
pc_verdict LeftByReturn(States& states, int& in_this_process) {
  for (State& state : states) {
    if (HasFirst(state) && !HasLast(state)) {
      state.violation("half-written");
      states.stop();
      return states.verdict();
    }
    ++in_this_process;
  }
  return states.verdict();
}

TEST(HostileStatesTest, LeavingTheLoopIsAResult) {
  World world;
  FillWorld(world);
  Explore options;
  options.profiles = "linux-man";
  options.budget_ms = 60'000;
  States states = world.explore(options);
  int in_this_process = 0;
  EXPECT_EQ(LeftByReturn(states, in_this_process), PC_VIOLATES);
  EXPECT_EQ(in_this_process, 0);
  ASSERT_EQ(states.findings().size(), 1u) << states.report();
  EXPECT_EQ(states.findings()[0].cause, "half-written");
  // The other states were looked at, too.
  EXPECT_GT(states.counts().states, 4u);
}

TEST(HostileStatesTest, AnExceptionIsAFinding) {
  World world;
  FillWorld(world);
  Explore options;
  options.profiles = "linux-man";
  options.budget_ms = 60'000;
  std::string report;
  std::vector<std::string> causes;
  try {
    States states = world.explore(options);
    for (State& state : states) {
      if (HasFirst(state) && !HasLast(state)) throw std::runtime_error("no");
    }
    report = states.report();
    for (const auto& finding : states.findings()) {
      causes.push_back(finding.cause);
    }
  } catch (const std::runtime_error&) {
    FAIL() << "the exception left the worker";
  }
  EXPECT_THAT(causes, ::testing::ElementsAre("exception")) << report;
}

TEST(HostileStatesTest, InProcessTheLoopCanBeLeft) {
  World world;
  FillWorld(world);
  Explore options;
  options.isolation = PC_IN_PROCESS;
  int seen = 0;
  {
    States states = world.explore(options);
    for (State& state : states) {
      HasFirst(state);
      if (++seen == 3) break;
    }
    states.stop();
    EXPECT_NE(states.verdict(), PC_HOLDS) << states.report();
  }
  EXPECT_EQ(seen, 3);
}

TEST(HostileStatesTest, AWorldMayEndBeforeItsStates) {
  auto world = std::make_unique<World>();
  FillWorld(*world);
  Explore options;
  options.profiles = "linux-man";
  States states = world->explore(options);
  world.reset();
  for (State& state : states) HasFirst(state);
  EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
}

TEST(HostileStatesTest, StatesThatAreNeverAskedForAreFreed) {
  World world;
  FillWorld(world);
  const States states = world.explore();
  EXPECT_EQ(states.verdict(), PC_UNKNOWN);
}

// A state that was kept shows nothing once the next one was asked for.
TEST(HostileStatesTest, AStateEndsWithTheNextOne) {
  World world;
  FillWorld(world);
  Explore options;
  options.isolation = PC_IN_PROCESS;
  States states = world.explore(options);
  for (State& state : states) HasFirst(state);
  pc_states* const raw = states.get();
  EXPECT_EQ(pc_next(raw), nullptr);
  EXPECT_EQ(pc_violation(raw, "late", nullptr, nullptr, 0), -EINVAL);
  EXPECT_EQ(pc_must_have(raw, 1), 0);
}

TEST(HostileStatesTest, WrongHandlesAndSizesAreErrors) {
  World world;
  EXPECT_EQ(world.close(1), -EBADF);
  EXPECT_EQ(world.write(7, "x", 0), -EBADF);
  EXPECT_EQ(world.open("f", PC_WRITE | PC_CREATE), -EINVAL);
  EXPECT_EQ(world.open("/f", PC_WRITE), -ENOENT);
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  ASSERT_GT(file, 0);
  EXPECT_EQ(world.write(file, "x", ~uint64_t{0}), -EFBIG);
  EXPECT_EQ(world.truncate(file, ~uint64_t{0}), -EFBIG);
  EXPECT_EQ(world.allocate(file, ~uint64_t{0}, 2), -EFBIG);
  EXPECT_EQ(pc_write(world.get(), file, nullptr, 1, 0), -EINVAL);
  EXPECT_EQ(pc_open(world.get(), nullptr, PC_READ), -EINVAL);
  EXPECT_EQ(pc_disk_flush(world.get()), -ENOTSUP);
  EXPECT_EQ(world.sync(file, 99), -EINVAL);
  EXPECT_EQ(pc_map(world.get(), file, 0, 1), -EINVAL);
  EXPECT_EQ(pc_start(world.get()), 0);
  EXPECT_EQ(pc_start(world.get()), -EALREADY);
  EXPECT_EQ(pc_world_new(nullptr, nullptr), -EINVAL);
  pc_world_free(nullptr);
  pc_states_free(nullptr);
  EXPECT_EQ(pc_next(nullptr), nullptr);
}

TEST(HostileStatesTest, AProcessWithThreadsIsToldWhatToDo) {
  if (powercut::kSanitized) {
    GTEST_SKIP() << "sanitizers have threads of their own, so that threads are "
                    "not counted under them";
  }
  std::atomic<bool> on = true;
  std::thread other([&on] {
    while (on) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  World world;
  FillWorld(world);
  const auto explore = [&](pc_isolation isolation) {
    States states =
        world.explore({.profiles = "linux-man", .isolation = isolation});
    for (State& state : states) HasFirst(state);
    return states.report();
  };
  EXPECT_THAT(explore(PC_FORKED), HasSubstr("PC_IN_PROCESS"));
  EXPECT_THAT(explore(PC_IN_PROCESS), HasSubstr("verdict: holds"));
  on = false;
  other.join();
}

TEST(HostileStatesTest, WrongOptionsAreSaid) {
  World world;
  FillWorld(world);
  const auto report = [&](const Explore& options) {
    States states = world.explore(options);
    for (State& state : states) HasFirst(state);
    EXPECT_EQ(states.verdict(), PC_FAILED);
    return states.report();
  };
  EXPECT_THAT(report({.profiles = "none"}), HasSubstr("linux-man"));
  EXPECT_THAT(report({.space = "some"}), HasSubstr("exhaustive"));
  EXPECT_THAT(report({.at = "1p@00000000"}), HasSubstr("no recording"));
  EXPECT_EQ(report({.at = "nonsense"}),
            "verdict: error: crash-state id 'nonsense': column 1: expected the "
            "number of a crash point\n");
}

// An option that is silently taken could make a test look at nothing and hold.
TEST(HostileStatesTest, OptionsOutOfRangeAreRefused) {
  World world;
  FillWorld(world);
  const auto refused = [&](const Explore& options) -> std::string {
    try {
      const States states = world.explore(options);
      return "";
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), EINVAL);
      return error.what();
    }
  };
  for (const unsigned kinds : {8u, 64u, PC_CRASH_POWER | 64u}) {
    EXPECT_THAT(refused({.crash_kinds = kinds}),
                HasSubstr("crash_kinds is 0x"));
  }
  EXPECT_EQ(refused({.crash_kinds = 0}), "");
  EXPECT_EQ(refused({.crash_kinds = 7}), "");
  // In C++ no value of the enumeration is out of range.
  pc_world* c_world = nullptr;
  ASSERT_EQ(pc_world_new(nullptr, &c_world), 0);
  pc_explore_options options{};
  options.size = sizeof(options);
  options.isolation = 2;
  pc_states* states = nullptr;
  EXPECT_EQ(pc_explore(c_world, &options, &states), -EINVAL);
  EXPECT_THAT(pc_last_error(c_world), HasSubstr("isolation is 2"));
  pc_world_free(c_world);
  EXPECT_THAT(refused({.jobs = 1025}), HasSubstr("jobs is 1025: the most is"));
  EXPECT_THAT(refused({.nested = 9}), HasSubstr("nested is 9"));
  EXPECT_THAT(refused({.profiles = ""}), HasSubstr("profiles names none"));
  EXPECT_THROW((void)world.crash_now("none", "linux-man,ext4-ordered"),
               std::system_error);
  EXPECT_EQ(world.open("/f", PC_READ | 512u), -EINVAL);
  EXPECT_EQ(world.open("/f", PC_READ | 1u << 20), -EINVAL);

  World logs({.logs = true});
  powercut::Log log(logs, "journal");
  EXPECT_EQ(log.append("x", 4), PC_LSN_INVALID);
}

TEST(HostileStatesTest, NumbersAreUsedOnceAndInOrder) {
  World world;
  world.attempt(1);
  EXPECT_EQ(pc_attempt(world.get(), 1), -EINVAL);
  EXPECT_THAT(pc_last_error(world.get()), HasSubstr("attempt 1 was made"));
  EXPECT_EQ(pc_ack(world.get(), 2), -EINVAL);
  EXPECT_THAT(pc_last_error(world.get()),
              HasSubstr("2 is acknowledged and was not attempted"));
  EXPECT_EQ(pc_ack(world.get(), 1), 0);
  EXPECT_EQ(pc_attempt(world.get(), 2), 0);
  // A crashed world is one of its own.
  World crashed = world.crash_now("none");
  EXPECT_EQ(pc_attempt(crashed.get(), 1), 0);
}

// A body that only asks for what must be there needs no attempts.
TEST(HostileStatesTest, AcksAloneAreEnoughForMustHave) {
  World world;
  world.open("/f", PC_WRITE | PC_CREATE);
  world.ack(7);
  States states = world.explore();
  for (State& state : states) {
    if (state.must_have(7) && !state.exists("/f")) state.violation("lost");
  }
  EXPECT_EQ(states.verdict(), PC_VIOLATES) << states.report();
  States dumps = world.explore();
  for (State& state : dumps) state.found(state.exists("/f") ? "f" : "");
  EXPECT_THAT(dumps.report(), HasSubstr("found() needs attempt(n) before"));
}

TEST(HostileStatesTest, WorldsOutOfRangeAreRefused) {
  const auto made = [](const powercut::WorldOptions& options) {
    try {
      const World world(options);
      return true;
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), EINVAL);
      return false;
    }
  };
  constexpr uint64_t kKib = 1024;
  EXPECT_FALSE(made({.raw_disk = true, .disk_bytes = 100}));
  EXPECT_TRUE(made({.raw_disk = true, .disk_bytes = 512}));
  EXPECT_FALSE(made({.disk_bytes = 100}));
  EXPECT_FALSE(made({.disk_bytes = 128 * kKib - 512}));
  EXPECT_FALSE(made({.disk_bytes = 128 * kKib + 1}));
  EXPECT_TRUE(made({.disk_bytes = 128 * kKib}));
  EXPECT_TRUE(made({.disk_bytes = uint64_t{2} << 40}));
  EXPECT_FALSE(made({.disk_bytes = (uint64_t{2} << 40) + 512}));
  EXPECT_FALSE(made({.disk_bytes = uint64_t{1} << 50}));
  EXPECT_FALSE(made({.atomic_bytes = 1000}));
  EXPECT_FALSE(made({.atomic_bytes = 256}));
  EXPECT_TRUE(made({.atomic_bytes = 1 << 20}));
  EXPECT_FALSE(made({.atomic_bytes = 1 << 21}));
  EXPECT_FALSE(made({.damage = 3}));
  EXPECT_FALSE(made({.damage = PC_DAMAGE_UNIT, .logs = true}));
}

TEST(HostileStatesTest, StructsThatAreTooSmallAreRefused) {
  World world;
  pc_facts facts = PC_FACTS;
  EXPECT_EQ(pc_stat(world.get(), "/", &facts), 0);
  facts.size = sizeof(size_t);
  EXPECT_EQ(pc_stat(world.get(), "/", &facts), -EINVAL);
  const States states = world.explore();
  pc_counts counts = PC_COUNTS;
  EXPECT_EQ(pc_count(states.get(), &counts), 0);
  counts.size = 0;
  EXPECT_EQ(pc_count(states.get(), &counts), -EINVAL);
  pc_finding finding = PC_FINDING;
  EXPECT_EQ(pc_get_finding(states.get(), 0, &finding), -ERANGE);
  finding.size = 2;
  EXPECT_EQ(pc_get_finding(states.get(), 0, &finding), -EINVAL);
}

// A violation whose cause is empty is one.
TEST(HostileStatesTest, AViolationWithoutANameCounts) {
  World world;
  FillWorld(world);
  States states = world.explore();
  for (State& state : states) state.violation("");
  EXPECT_EQ(states.verdict(), PC_VIOLATES);
  EXPECT_THAT(states.report(), HasSubstr("violation: unnamed"));
}

// Two worlds in two threads, each in this process.
TEST(HostileStatesTest, WorldsOfTwoThreadsAreIndependent) {
  std::vector<std::thread> threads;
  std::vector<std::string> reports(2);
  for (std::string& report : reports) {
    threads.emplace_back([&report] {
      World world;
      FillWorld(world);
      Explore options;
      options.isolation = PC_IN_PROCESS;
      options.budget_ms = 60'000;
      States states = world.explore(options);
      for (State& state : states) {
        if (HasFirst(state) && !HasLast(state)) state.violation("half");
      }
      report = states.report();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(reports[0], HasSubstr("half"));
  EXPECT_EQ(reports[0], reports[1]);
}

}  // namespace
