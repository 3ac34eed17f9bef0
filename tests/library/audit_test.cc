// The audit of the library: which syncs are needed, redundant, one of a group,
// or not seen by the test.

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <powercut/gtest.hpp>

#include "tests/library/small_log.h"

namespace {

using powercut::Audited;
using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::HasSubstr;

std::vector<pc_need> NeedsOf(World& world, bool look) {
  Explore options;
  options.profiles = "ext4-ordered";
  options.audit = true;
  options.budget_ms = 60'000;
  States states = world.explore(options);
  for (State& state : states) {
    const SmallLog log(state, {.no_directory_sync = true});
    if (look) state.found(log.Dump());
  }
  EXPECT_EQ(states.verdict(), PC_HOLDS) << states.report();
  std::vector<pc_need> needs;
  for (const Audited& sync : states.audit()) {
    EXPECT_THAT(sync.place, ::testing::Not(::testing::IsEmpty()));
    needs.push_back(sync.need);
  }
  return needs;
}

TEST(AuditTest, NeededSyncsAreNamed) {
  World world;
  FillSmallLog(world, 2, {.no_directory_sync = true});
  EXPECT_THAT(NeedsOf(world, true),
              ::testing::ElementsAre(PC_NEEDED, PC_NEEDED));
}

TEST(AuditTest, AWeakerSyncThatIsEnoughIsNamed) {
  World world;
  world.attempt(1);
  SmallLog log(world, {.no_sync = true, .no_directory_sync = true});
  log.Append(SmallLogText(1));
  const int handle = world.open("/wal", PC_READ | PC_WRITE);
  world.fsync(handle);
  world.ack(1);
  Explore options;
  options.profiles = "ext4-ordered";
  options.audit = true;
  options.budget_ms = 60'000;
  States states = world.explore(options);
  for (State& state : states) {
    const SmallLog recovered(state, {.no_directory_sync = true});
    state.found(recovered.Dump());
  }
  EXPECT_THAT(states.report(), HasSubstr("needed (fdatasync is enough): "));
}

// fdatasync of a directory is no weaker than fsync, so that nobody is told to
// use it there, whatever the name of the directory is.
TEST(AuditTest, SyncsOfDirectoriesHaveNoWeakerForm) {
  for (const std::string directory : {"/", "/made", "/moved", "/moved/below"}) {
    SCOPED_TRACE(directory);
    World world;
    world.mkdir("/made");
    world.mkdir("/first");
    world.mkdir("/first/below");
    world.rename("/first", "/moved");
    world.start();
    const std::string name = (directory == "/" ? "" : directory) + "/f";
    world.attempt(1);
    world.open(name.c_str(), PC_READ | PC_WRITE | PC_CREATE);
    world.sync_directory(directory.c_str());
    world.ack(1);
    States states = world.explore(
        {.profiles = "linux-man", .budget_ms = 60'000, .audit = true});
    for (State& state : states) {
      if (state.must_have(1) && state.open(name.c_str(), PC_READ) < 0) {
        state.violation("lost");
      }
    }
    ASSERT_EQ(states.audit().size(), 1u) << states.report();
    EXPECT_EQ(states.audit()[0].need, PC_NEEDED);
    EXPECT_THAT(states.report(), ::testing::Not(HasSubstr("is enough")));
  }
}

TEST(AuditTest, ASyncOfNothingIsRedundant) {
  World world;
  FillSmallLog(world, 1, {.no_directory_sync = true});
  const int other = world.open("/wal", PC_READ | PC_WRITE);
  world.start();
  world.fsync(other);
  EXPECT_THAT(NeedsOf(world, true),
              ::testing::ElementsAre(::testing::_, PC_REDUNDANT));
}

TEST(AuditTest, TwoBackToBackAreAGroup) {
  World world;
  world.attempt(1);
  SmallLog log(world, {.no_sync = true, .no_directory_sync = true});
  log.Append(SmallLogText(1));
  const int handle = world.open("/wal", PC_READ | PC_WRITE);
  world.fsync(handle);
  world.fsync(handle);
  world.ack(1);
  EXPECT_THAT(NeedsOf(world, true), ::testing::ElementsAre(PC_GROUP, PC_GROUP));
}

// A sync that is of no use belongs to no group, even if its file has one.
TEST(AuditTest, AGroupHasItsOwnSyncsOnly) {
  World world;
  world.attempt(1);
  SmallLog log(world, {.no_sync = true, .no_directory_sync = true});
  log.Append(SmallLogText(1));
  const int handle = world.open("/wal", PC_READ | PC_WRITE);
  world.fsync(handle);
  world.fsync(handle);
  world.ack(1);
  world.fsync(handle);
  EXPECT_THAT(NeedsOf(world, true),
              ::testing::ElementsAre(PC_GROUP, PC_GROUP, PC_REDUNDANT));
}

// No state of `prefix` loses a write, so that no sync is needed there.
TEST(AuditTest, ExploresTheSpaceThatWasAskedFor) {
  World world;
  FillSmallLog(world, 1, {.no_directory_sync = true});
  Explore options;
  options.profiles = "ext4-ordered";
  options.space = "prefix";
  options.audit = true;
  States states = world.explore(options);
  for (State& state : states) {
    state.found(SmallLog(state, {.no_directory_sync = true}).Dump());
  }
  ASSERT_EQ(states.audit().size(), 1u) << states.report();
  EXPECT_EQ(states.audit()[0].need, PC_UNSEEN) << states.report();
}

TEST(AuditTest, ATestThatIgnoresAcksSeesNothing) {
  World world;
  FillSmallLog(world, 2, {.no_directory_sync = true});
  EXPECT_THAT(NeedsOf(world, false), ::testing::Contains(PC_UNSEEN));
}

TEST(AuditTest, TheMatcherFailsOnWhatIsNotSeen) {
  World world;
  FillSmallLog(world, 2, {.no_directory_sync = true});
  Explore options;
  options.profiles = "ext4-ordered";
  options.budget_ms = 60'000;
  EXPECT_THAT(
      world,
      powercut::HoldsAndAudited(
          [](State& state) {
            state.found(SmallLog(state, {.no_directory_sync = true}).Dump());
          },
          options));
  EXPECT_THAT(
      world,
      ::testing::Not(powercut::HoldsAndAudited(
          [](State& state) { SmallLog(state, {.no_directory_sync = true}); },
          options)));
}

}  // namespace
