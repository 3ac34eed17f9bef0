// The logs of a world as their users see them: what is read back, what a crash
// leaves, faults, and the report.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include <powercut/powercut.hpp>

namespace {

using powercut::Audited;
using powercut::Explore;
using powercut::Log;
using powercut::LogRecord;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Dump(powercut::Files& files) {
  std::string dump;
  for (const LogRecord& record : Log(files, "journal").records()) {
    dump += record.data + "\n";
  }
  return dump;
}

std::string Text(uint64_t number) {
  return std::string(700, static_cast<char>('a' + number));
}

// Appends records, each attempted and acknowledged.
void FillLog(World& world, uint64_t count, bool flush) {
  Log log(world, "journal");
  for (uint64_t n = 1; n <= count; ++n) {
    world.attempt(n);
    log.append(Text(n));
    if (flush) log.flush();
    world.ack(n);
  }
}

struct Found {
  pc_verdict verdict;
  std::vector<std::string> causes;
  std::string report;
};

Found Explored(World& world, Explore options = {}) {
  options.budget_ms = 60'000;
  States states = world.explore(options);
  for (State& state : states) state.found(Dump(state));
  Found found{states.verdict(), {}, states.report()};
  for (const auto& one : states.findings()) found.causes.push_back(one.cause);
  return found;
}

TEST(WorldLogsTest, WhatIsAppendedIsReadBack) {
  World world({.logs = true});
  Log log(world, "journal");
  EXPECT_EQ(log.read(), std::nullopt);
  EXPECT_EQ(log.read_restart(), std::nullopt);
  const uint64_t one = log.append("one");
  const uint64_t two = log.append(std::string(2000, 'x'));
  EXPECT_LT(one, two);
  EXPECT_EQ(log.facts().last_flushed, PC_LSN_NULL);
  EXPECT_EQ(log.flush_to(one), 0);
  EXPECT_EQ(log.facts().last_flushed, one);
  const uint64_t restart = log.restart("state", two);
  EXPECT_EQ(log.facts().last_flushed, restart);
  EXPECT_EQ(log.facts().base, two);
  EXPECT_EQ(log.facts().restart, restart);
  EXPECT_EQ(log.facts().last, restart);
  std::vector<LogRecord> records = log.records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].lsn, two);
  EXPECT_EQ(records[0].data, std::string(2000, 'x'));
  EXPECT_FALSE(records[0].is_restart);
  EXPECT_TRUE(records[1].is_restart);
  EXPECT_EQ(log.read_restart()->data, "state");
  // Another object is another area of the same log.
  Log other(world, "journal");
  other.append("four");
  EXPECT_EQ(log.records().size(), 3u);
  EXPECT_EQ(log.archive_tail(restart), 0);
  EXPECT_EQ(log.facts().archive_tail, restart);
  EXPECT_EQ(log.advance_base(restart), 0);
  EXPECT_EQ(log.reset(), 0);
  EXPECT_THAT(log.records(), IsEmpty());
  EXPECT_GT(log.append("after"), restart);
}

TEST(WorldLogsTest, WrongCallsAreErrors) {
  World world({.logs = true});
  EXPECT_EQ(pc_log_area(world.get(), 1), -EBADF);
  EXPECT_EQ(pc_log_flush(world.get(), 7), -EBADF);
  EXPECT_EQ(pc_log_open(world.get(), nullptr), -EINVAL);
  EXPECT_EQ(pc_log_open(world.get(), ""), -EINVAL);
  EXPECT_EQ(world.open("/f", PC_WRITE | PC_CREATE), -ENOTSUP);
  EXPECT_EQ(world.disk_flush(), -ENOTSUP);
  Log log(world, "journal");
  EXPECT_EQ(log.advance_base(1), -EINVAL);
  EXPECT_EQ(log.flush_to(uint64_t{9} << 32), -EINVAL);
  EXPECT_EQ(log.append(std::string(100'000, 'x')), PC_LSN_INVALID);
  EXPECT_THAT(pc_last_error(world.get()), HasSubstr("No space"));
  EXPECT_EQ(pc_log_read(world.get(), 1, 0, nullptr, 1, nullptr), -EINVAL);
  EXPECT_EQ(pc_log_stat(world.get(), 1, nullptr), -EINVAL);
  World files;
  EXPECT_THROW(Log(files, "journal"), std::system_error);
  EXPECT_EQ(pc_log_append(nullptr, 1, "x", 1, 0, nullptr), -EINVAL);
  EXPECT_THROW(World({.disk_bytes = 4096, .logs = true}), std::system_error);
  EXPECT_THROW(World({.damage = PC_DAMAGE_UNIT, .logs = true}),
               std::system_error);
  EXPECT_THROW(world.fail(PC_FAIL_WRITE), std::system_error);
}

class WorldLogsCrashTest : public ::testing::TestWithParam<pc_isolation> {};

TEST_P(WorldLogsCrashTest, FlushedRecordsAreKept) {
  World world({.logs = true});
  FillLog(world, 3, /*flush=*/true);
  const Found found = Explored(world, {.isolation = GetParam()});
  EXPECT_EQ(found.verdict, PC_HOLDS) << found.report;
}

TEST_P(WorldLogsCrashTest, RecordsWithoutAFlushAreLost) {
  World world({.logs = true});
  FillLog(world, 3, /*flush=*/false);
  const Found found = Explored(world, {.isolation = GetParam()});
  EXPECT_THAT(found.causes, ElementsAre("acknowledged-is-lost"))
      << found.report;
  EXPECT_THAT(found.report, HasSubstr("log_append journal 700 (0x100000000) "
                                      "(world_logs_test.cc:"));
  EXPECT_THAT(found.report, HasSubstr("never synced before the crash"));
}

INSTANTIATE_TEST_SUITE_P(Isolation, WorldLogsCrashTest,
                         ::testing::Values(PC_FORKED, PC_IN_PROCESS),
                         [](const auto& instance) {
                           return instance.param == PC_FORKED ? "forked"
                                                              : "in_process";
                         });

TEST(WorldLogsTest, TheReportIsTheSameForAnyNumberOfWorkers) {
  World world({.logs = true});
  FillLog(world, 3, /*flush=*/false);
  const std::string first = Explored(world, {.jobs = 1}).report;
  for (const uint32_t jobs : {2u, 5u}) {
    EXPECT_EQ(Explored(world, {.jobs = jobs}).report, first);
  }
  EXPECT_EQ(Explored(world, {.isolation = PC_IN_PROCESS}).report, first);
}

TEST(WorldLogsTest, TheRemedyIsAFlush) {
  World world({.logs = true});
  FillLog(world, 1, /*flush=*/false);
  EXPECT_THAT(Explored(world).report,
              HasSubstr("remedy    a flush of journal after `log_append"));
}

TEST(WorldLogsTest, AnIdReplaysItsState) {
  World world({.logs = true});
  FillLog(world, 2, /*flush=*/false);
  States states = world.explore();
  for (State& state : states) state.found(Dump(state));
  ASSERT_EQ(states.findings().size(), 1u);
  const Found one = Explored(world, {.at = states.findings()[0].id});
  EXPECT_THAT(one.causes, ElementsAre("acknowledged-is-lost")) << one.report;
}

TEST(WorldLogsTest, FlushesFailAndLie) {
  for (const pc_failure failure : {PC_FAIL_SYNC, PC_FAIL_SYNC_LIES}) {
    World world({.logs = true});
    world.fail(failure, 1);
    FillLog(world, 2, /*flush=*/true);
    const Found found = Explored(world);
    EXPECT_THAT(found.causes, ElementsAre("acknowledged-is-lost"))
        << found.report;
  }
  // A log that failed writes its records again for the next flush.
  World world({.logs = true});
  Log log(world, "journal");
  world.fail(PC_FAIL_SYNC);
  world.attempt(1);
  log.append(Text(1));
  EXPECT_EQ(log.flush(), -EIO);
  EXPECT_EQ(log.flush(), 0);
  world.ack(1);
  EXPECT_EQ(Explored(world).verdict, PC_HOLDS);
}

TEST(WorldLogsTest, TheAuditSeesFlushes) {
  World world({.logs = true});
  FillLog(world, 1, /*flush=*/true);
  world.sync_all();
  States states = world.explore({.budget_ms = 60'000, .audit = true});
  for (State& state : states) state.found(Dump(state));
  std::vector<pc_need> needs;
  for (const Audited& sync : states.audit()) needs.push_back(sync.need);
  EXPECT_THAT(needs, ElementsAre(PC_NEEDED, PC_REDUNDANT)) << states.report();
}

// A recovery that resets the log before it has written the new state elsewhere
// loses both if it is crashed.
TEST(WorldLogsTest, ACrashDuringRecoveryIsExplored) {
  const auto verdict = [](bool safely) {
    World world({.logs = true});
    FillLog(world, 1, /*flush=*/true);
    world.start();
    Log(world, "journal").append("more");
    States states = world.explore({.budget_ms = 60'000, .nested = 1});
    for (State& state : states) {
      Log log(state, "journal");
      const auto records = log.records();
      if (records.empty()) {
        state.violation("all-lost");
        continue;
      }
      if (!safely) log.reset();
      log.append("recovered");
      log.flush();
    }
    return states.verdict();
  };
  EXPECT_EQ(verdict(true), PC_HOLDS);
  EXPECT_EQ(verdict(false), PC_VIOLATES);
}

TEST(WorldLogsTest, OneCrashNowIsAWorldOfItsOwn) {
  World world({.logs = true});
  Log log(world, "journal");
  const uint64_t one = log.append("one");
  log.flush();
  log.append("two");
  World none = world.crash_now("none");
  World all = world.crash_now("all");
  EXPECT_EQ(Dump(none), "one\n");
  EXPECT_EQ(Dump(all), "one\ntwo\n");
  EXPECT_EQ(Dump(world), "one\ntwo\n");
  // LSNs go on rising in the new world, and its own crashes are explored.
  Log again(none, "journal");
  EXPECT_EQ(again.records()[0].lsn, one);
  none.attempt(1);
  EXPECT_GT(again.append("three"), one);
  none.ack(1);
  const Found found = Explored(none);
  EXPECT_THAT(found.causes, ElementsAre("acknowledged-is-lost"))
      << found.report;
  again.flush();
  EXPECT_EQ(Dump(none), "one\nthree\n");
}

}  // namespace
