// What a loop sees and says: the raw disk, spaces, crash kinds, failed syncs,
// and worlds that go on after an exploration.

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>

#include <powercut/gtest.hpp>

#include "tests/library/small_log.h"

namespace {

using powercut::Audited;
using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::HasSubstr;

std::string Sector(char c) { return std::string(512, c); }

// Two sectors and a commit sector, with a flush between or not.
std::vector<std::string> CausesOnADisk(bool flush) {
  World world({.raw_disk = true, .disk_bytes = 1 << 16});
  world.disk_write(0, Sector('a') + Sector('b'));
  if (flush) world.disk_flush();
  world.attempt(1);
  world.disk_write(8, Sector('c'), /*fua=*/true);
  world.ack(1);
  States states = world.explore();
  for (State& state : states) {
    std::string sector(512, '\0');
    state.disk_read(8, sector.data(), sector.size());
    const bool committed = sector == Sector('c');
    if (state.must_have(1) && !committed) state.violation("lost-commit");
    if (!committed) continue;
    std::string data(1024, '\0');
    state.disk_read(0, data.data(), data.size());
    if (data != Sector('a') + Sector('b'))
      state.violation("commit-without-data");
    // Writes of a recovery are gone with the state.
    state.disk_write(0, Sector('z'));
  }
  std::vector<std::string> causes;
  for (const auto& finding : states.findings()) causes.push_back(finding.cause);
  EXPECT_NE(states.verdict(), PC_FAILED) << states.report();
  return causes;
}

TEST(StatesTest, ARawDiskLosesWhatWasNotFlushed) {
  EXPECT_THAT(CausesOnADisk(true), ::testing::IsEmpty());
  EXPECT_THAT(CausesOnADisk(false),
              ::testing::ElementsAre("commit-without-data"));
}

// Every subset of three unsynced sectors is seen, and nothing else.
TEST(StatesTest, TheWholeSpaceIsSeen) {
  World world({.raw_disk = true, .disk_bytes = 1 << 16});
  world.start();
  world.disk_write(0, Sector('a') + Sector('b') + Sector('c'));
  Explore options;
  options.isolation = PC_IN_PROCESS;
  std::set<std::string> seen;
  States states = world.explore(options);
  for (State& state : states) {
    std::string found;
    for (uint64_t sector = 0; sector < 3; ++sector) {
      std::string bytes(512, '\0');
      state.disk_read(sector, bytes.data(), bytes.size());
      found += bytes[0] == '\0' ? '-' : bytes[0];
    }
    seen.insert(found);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"---", "a--", "-b-", "--c", "ab-",
                                         "a-c", "-bc", "abc"}));
  EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
}

TEST(StatesTest, AProcessCrashLosesNothingThatReturned) {
  World world;
  FillSmallLog(world, 3, {.no_sync = true, .no_directory_sync = true});
  Explore options;
  options.profiles = "linux-man";
  options.crash_kinds = PC_CRASH_PROCESS;
  States states = world.explore(options);
  for (State& state : states) state.found(SmallLog(state).Dump());
  EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
}

TEST(StatesTest, AWorldGoesOn) {
  World world;
  FillSmallLog(world, 1);
  const auto count = [&] {
    States states = world.explore({.profiles = "ext4-ordered"});
    for (State& state : states) state.found(SmallLog(state).Dump());
    EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
    return states.counts().states;
  };
  const uint64_t before = count();
  SmallLog log(world);
  world.attempt(2);
  log.Append("more");
  world.ack(2);
  EXPECT_GT(count(), before);
}

TEST(StatesTest, PathsMayHaveMoreSlashesThanTheyNeed) {
  World world;
  world.mkdir("/d/");
  world.attempt(1);
  const int file = world.open("/d//f", PC_WRITE | PC_CREATE);
  world.write(file, "x", 0);
  world.fsync(file);
  world.link("/d//f", "//d/./linked");
  world.rename("/d/./linked", "/d//renamed");
  world.sync_directory("/d/");
  world.sync_directory("/.");
  world.ack(1);
  world.unlink("//d/renamed");
  EXPECT_EQ(world.open("/d/f/", PC_READ), -ENOTDIR);
  EXPECT_EQ(world.open("/d/../f", PC_READ), -EINVAL);
  EXPECT_THAT(pc_last_error(world.get()), HasSubstr("'/d/../f' has `..`"));
  EXPECT_EQ(world.open("d/f", PC_READ), -EINVAL);
  EXPECT_THAT(pc_last_error(world.get()), HasSubstr("'d/f' is not absolute"));
  States states = world.explore({.profiles = "linux-man"});
  for (State& state : states) {
    if (state.must_have(1) && state.content("/d/./f") != "x") {
      state.violation("lost");
    }
  }
  EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
}

// A log that takes a failed sync for done loses what it acknowledged.
TEST(StatesTest, AFailedSyncIsInDoubt) {
  World world;
  SmallLog log(world);
  world.attempt(1);
  world.fail(PC_FAIL_SYNC);
  log.Append(SmallLogText(1));
  world.ack(1);
  States states = world.explore({.profiles = "ext4-ordered"});
  for (State& state : states) state.found(SmallLog(state).Dump());
  EXPECT_EQ(states.verdict(), PC_VIOLATES) << states.report();
}

TEST(StatesTest, ARecoveryThatFailsWithoutACrashIsToldApart) {
  World world;
  FillSmallLog(world, 2);
  States states = world.explore();
  for (State& state : states) state.violation("always");
  EXPECT_EQ(states.verdict(), PC_VIOLATES);
  EXPECT_THAT(states.report(), HasSubstr("with no crash at all"));
}

TEST(StatesTest, ABudgetThatEndsIsUnknown) {
  World world;
  FillSmallLog(world, 3, {.no_sync = true});
  States states = world.explore({.profiles = "linux-man", .runs_max = 3});
  for (State& state : states) SmallLog log(state);
  EXPECT_EQ(states.verdict(), PC_UNKNOWN) << states.report();
}

// What was acknowledged is lost, and what is left looks like the next
// operation, which had not begun to write.
TEST(StatesTest, ALossThatLooksLikeTheNextAttemptIsSeen) {
  const auto verdict = [](bool synced) {
    World world;
    const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
    world.write(file, "X", 0);
    world.fsync(file);
    world.sync_directory("/");
    world.start();
    world.attempt(1);
    world.write(file, "Y", 0);
    if (synced) world.fdatasync(file);
    world.ack(1);
    world.attempt(2);
    world.write(file, "X", 0);
    world.fdatasync(file);
    world.ack(2);
    States states = world.explore({.profiles = "linux-man"});
    for (State& state : states) {
      EXPECT_TRUE(state.must_have(1) || !state.may_have(2));
      state.found(state.content("/f"));
    }
    return states.verdict();
  };
  EXPECT_EQ(verdict(false), PC_VIOLATES);
  EXPECT_EQ(verdict(true), PC_HOLDS);
}

// An operation that writes nothing is acknowledged, and so was attempted.
TEST(StatesTest, AnOperationThatWritesNothingMayBeThere) {
  World world;
  world.start();
  for (uint64_t n = 1; n <= 2; ++n) {
    world.attempt(n);
    if (n == 1) world.open("/f", PC_WRITE | PC_CREATE);
    if (n == 1) world.sync_directory("/");
    world.ack(n);
  }
  States states = world.explore({.profiles = "linux-man"});
  for (State& state : states) {
    EXPECT_TRUE(!state.must_have(2) || state.may_have(2));
    state.found(std::to_string(state.size("/f")));
  }
  EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
}

// A sync is no remedy as long as states are left that could show the cause: a
// bound on the runs may leave a finding without a remedy, and never with
// another one.
TEST(StatesTest, ARemedyIsOneForAllStates) {
  const auto remedy = [](uint64_t runs_max, bool& violates) {
    World world;
    FillSmallLog(world, 2, {.no_directory_sync = true});
    States states =
        world.explore({.profiles = "linux-man", .runs_max = runs_max});
    for (State& state : states) {
      if (state.must_have(1) && SmallLog(state).records().empty()) {
        state.violation("lost");
      }
    }
    violates = states.verdict() == PC_VIOLATES;
    const std::string report = states.report();
    const size_t at = report.find("remedy");
    return at == report.npos ? ""
                             : report.substr(at, report.find('\n', at) - at);
  };
  bool violates = false;
  const std::string of_all = remedy(1000, violates);
  EXPECT_THAT(of_all, HasSubstr("an fsync of / after"));
  int without = 0;
  for (uint64_t runs_max = 1; runs_max <= 40; ++runs_max) {
    const std::string bounded = remedy(runs_max, violates);
    EXPECT_TRUE(bounded.empty() || bounded == of_all) << runs_max << bounded;
    without += violates && bounded.empty() ? 1 : 0;
  }
  EXPECT_GT(without, 0);
}

// A loop that lacks the same sync each time round is not saved by one of them.
TEST(StatesTest, ARemedyOfALoopIsOneForEachTimeRound) {
  World world;
  const int file = world.open("/f", PC_WRITE | PC_CREATE);
  world.sync_directory("/");
  world.start();
  for (uint64_t n = 1; n <= 3; ++n) {
    world.attempt(n);
    world.append(file, "x");
    world.ack(n);
  }
  States states = world.explore({.profiles = "linux-man"});
  for (State& state : states) {
    for (int64_t n = 1; n <= 3; ++n) {
      const bool there = state.content("/f").substr(0, n) ==
                         std::string(static_cast<size_t>(n), 'x');
      if (state.must_have(static_cast<uint64_t>(n)) && !there) {
        state.violation("lost");
      }
    }
  }
  ASSERT_EQ(states.findings().size(), 1u) << states.report();
  EXPECT_THAT(states.findings()[0].text,
              HasSubstr("remedy    no single sync saves it; an fsync of /f "
                        "after each of the 3 calls at states_test.cc:"));
}

// The states of two files that are appended in turn, each of which is as long
// as half of the calls. The body reads the end of one of them.
uint64_t StatesOfFilesInTurn(int calls) {
  World world;
  const int synced = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  const int other = world.open("/g", PC_READ | PC_WRITE | PC_CREATE);
  for (int n = 1; n <= calls; ++n) {
    world.append(n % 2 == 0 ? synced : other, Sector('a'));
    if (n % 4 == 0) world.fsync(synced);
  }
  Explore options;
  options.isolation = PC_IN_PROCESS;
  options.budget_ms = 600'000;
  States states = world.explore(options);
  for (State& state : states) {
    const int64_t size = state.size("/f");
    if (size >= 512) state.read(state.open("/f", PC_READ), 512, size - 512);
  }
  EXPECT_TRUE(states.holds()) << states.report();
  return states.counts().states;
}

// The square would be four times as many.
TEST(StatesTest, FilesThatGrowInTurnHaveStatesInStepWithTheCalls) {
  EXPECT_LT(StatesOfFilesInTurn(600), 3 * StatesOfFilesInTurn(300));
}

// One line for each world, with the first cause where the code is not safe.
TEST(StatesTest, EachProfileHasItsVerdict) {
  World world;
  FillSmallLog(world, 2, {.no_directory_sync = true});
  Explore options;
  options.profiles = "all";
  options.budget_ms = 60'000;
  States states = world.explore(options);
  for (State& state : states) state.found(SmallLog(state).Dump());
  const std::string report = states.report();
  EXPECT_THAT(report, HasSubstr("\next4-ordered: holds"));
  EXPECT_THAT(report, HasSubstr("\nlinux-man: violation"));
  size_t profiles = 0;
  while (pc_profile(profiles) != nullptr) {
    EXPECT_THAT(report, HasSubstr(std::string(pc_profile(profiles)) + ": "));
    ++profiles;
  }
  EXPECT_GT(profiles, 10u);
}

// Recovery that repairs a file in place, by a copy of it in `/copy`: if it
// empties the file before the copy is durable, a second crash loses both.
void RepairUnsafely(State& state, bool safely) {
  if (state.size("/data") == 3 || !state.exists("/data")) return;
  const std::string kept = state.content("/copy");
  const int data = state.open("/data", PC_READ | PC_WRITE);
  state.truncate(data, 0);
  if (!safely) {
    state.fsync(data);
    state.unlink("/copy");
    state.sync_directory("/");
  }
  state.write(data, kept, 0);
  state.fsync(data);
}

States NestedStates(World& world, uint32_t nested) {
  const int copy = world.open("/copy", PC_READ | PC_WRITE | PC_CREATE);
  world.write(copy, "old", 0);
  world.fsync(copy);
  const int data = world.open("/data", PC_READ | PC_WRITE | PC_CREATE);
  world.write(data, "old", 0);
  world.fsync(data);
  world.sync_directory("/");
  world.start();
  world.write(data, "and more", 3);
  Explore options;
  options.profiles = "linux-man";
  options.nested = nested;
  options.budget_ms = 60'000;
  return world.explore(options);
}

TEST(NestedTest, ACrashDuringRecoveryIsExplored) {
  const auto causes = [](uint32_t nested, bool safely) {
    World world;
    States states = NestedStates(world, nested);
    for (State& state : states) {
      if (state.content("/data").size() < 3 && state.size("/copy") < 3) {
        state.violation("both-lost");
        continue;
      }
      RepairUnsafely(state, safely);
    }
    EXPECT_NE(states.verdict(), PC_FAILED) << states.report();
    std::vector<std::string> all;
    for (const auto& finding : states.findings()) {
      all.push_back(finding.cause);
      EXPECT_THAT(finding.text, HasSubstr("once more during the recovery"));
      EXPECT_THAT(finding.id, HasSubstr("/"));
      // The id of the two crashes replays.
      Explore at;
      at.profiles = "linux-man";
      at.nested = nested;
      at.at = finding.id;
      States one = world.explore(at);
      for (State& state : one) {
        if (state.content("/data").size() < 3 && state.size("/copy") < 3) {
          state.violation("both-lost");
          continue;
        }
        RepairUnsafely(state, safely);
      }
      EXPECT_EQ(one.verdict(), PC_VIOLATES) << one.report();
    }
    return all;
  };
  EXPECT_THAT(causes(0, false), ::testing::IsEmpty());
  EXPECT_THAT(causes(1, false), ::testing::ElementsAre("both-lost"));
  EXPECT_THAT(causes(1, true), ::testing::IsEmpty());
}

// A block that tore holds its newest version in part. The call that wrote that
// version lost the rest, so that it is named like one that lost the whole.
TEST(StatesTest, ATornWriteIsOneThatLostSomething) {
  World world({.raw_disk = true, .disk_bytes = 1 << 16, .atomic_bytes = 4096});
  world.disk_write(0, Sector('a') + Sector('a'));
  world.disk_flush();
  world.start();
  world.disk_write(0, Sector('b') + Sector('b'));
  States states = world.explore({.space = "prefix+torn:1"});
  for (State& state : states) {
    std::string both(1024, '\0');
    state.disk_read(0, both.data(), both.size());
    if (both[0] != both[512]) state.violation("half");
  }
  ASSERT_EQ(states.findings().size(), 1u) << states.report();
  EXPECT_THAT(states.findings()[0].text,
              HasSubstr("lost      disk_write 0 2 "));
  EXPECT_THAT(states.findings()[0].text,
              HasSubstr(", never synced before the crash"));
}

// --- one crash now -----------------------------------------------------------

TEST(CrashNowTest, IsAWorldOfItsOwn) {
  World world;
  const int file = world.open("/f", PC_READ | PC_WRITE | PC_CREATE);
  world.mkdir("/d");
  world.link("/f", "/d/g");
  world.write(file, "synced", 0);
  world.fsync(file);
  world.sync_directory("/");
  world.sync_directory("/d");
  world.append(file, " and not");

  World none = world.crash_now("none", "linux-man");
  EXPECT_EQ(none.content("/f"), "synced");
  EXPECT_EQ(none.content("/d/g"), "synced");
  World all = world.crash_now("all", "linux-man");
  EXPECT_EQ(all.content("/d/g"), "synced and not");
  // The names are of one file in the new world, too.
  const int other = all.open("/f", PC_WRITE);
  all.write(other, "S", 0);
  EXPECT_EQ(all.content("/d/g"), "Synced and not");
  EXPECT_EQ(world.content("/f"), "synced and not");

  // What it holds is durable; what comes later is explored.
  const int again = none.open("/f", PC_READ | PC_WRITE);
  none.attempt(1);
  none.append(again, "!");
  States states = none.explore({.profiles = "linux-man"});
  for (State& state : states) {
    if (!state.content("/f").starts_with("synced")) state.violation("lost");
  }
  EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
  EXPECT_GT(states.counts().states, 2u);
}

TEST(CrashNowTest, SeedsAndIdsNameStates) {
  World world({.raw_disk = true, .disk_bytes = 1 << 16});
  world.start();
  world.disk_write(0, Sector('a') + Sector('b') + Sector('c'));
  const auto shown = [](World crashed) {
    std::string found;
    for (uint64_t sector = 0; sector < 3; ++sector) {
      std::string bytes(512, '\0');
      crashed.disk_read(sector, bytes.data(), bytes.size());
      found += bytes[0] == '\0' ? '-' : bytes[0];
    }
    return found;
  };
  EXPECT_EQ(shown(world.crash_now("none")), "---");
  EXPECT_EQ(shown(world.crash_now("all")), "abc");
  std::set<std::string> seen;
  for (int seed = 0; seed < 100; ++seed) {
    const std::string which = "random:" + std::to_string(seed);
    seen.insert(shown(world.crash_now(which)));
    if (seed >= 3) continue;
    EXPECT_EQ(shown(world.crash_now(which)), shown(world.crash_now(which)));
  }
  EXPECT_EQ(seen.size(), 8u);
  // The id of a finding is the same state.
  States states = world.explore();
  for (State& state : states) {
    std::string bytes(1536, '\0');
    state.disk_read(0, bytes.data(), bytes.size());
    if (bytes[0] == 'a' && bytes[512] == '\0' && bytes[1024] == 'c') {
      state.violation("a-and-c");
    }
  }
  ASSERT_EQ(states.findings().size(), 1u);
  EXPECT_EQ(shown(world.crash_now(states.findings()[0].id)), "a-c");
  for (const std::string wrong :
       {"some", "random:", "random:x", "1p@00000000"}) {
    EXPECT_THROW((void)world.crash_now(wrong), std::system_error) << wrong;
  }
}

// --- assertions --------------------------------------------------------------

void ExpectRecordsOfALogWithoutSyncs() {
  World world;
  FillSmallLog(world, 1, {.no_sync = true});
  for (State& state : powercut::ExpectAll(world, {.profiles = "linux-man"})) {
    const SmallLog log(state);
    if (state.must_have(1)) {
      EXPECT_EQ(log.records().size(), 1u);
    }
  }
}

// The assertion leaves the function.
void AssertRecordsOfALogWithoutSyncs() {
  World world;
  FillSmallLog(world, 1, {.no_sync = true});
  for (State& state : powercut::ExpectAll(world, {.profiles = "linux-man"})) {
    const SmallLog log(state);
    ASSERT_TRUE(!state.must_have(1) || log.records().size() == 1);
  }
}

// Many states fail; the test fails once, and says how to see one of them again.
TEST(AssertionTest, OneThatFailsIsOneFailureOfTheTest) {
  EXPECT_NONFATAL_FAILURE(ExpectRecordsOfALogWithoutSyncs(),
                          "--gtest_filter=AssertionTest.");
  EXPECT_NONFATAL_FAILURE(ExpectRecordsOfALogWithoutSyncs(), "Which is: 0");
  EXPECT_NONFATAL_FAILURE(AssertRecordsOfALogWithoutSyncs(), "POWERCUT_AT=");
}

}  // namespace
