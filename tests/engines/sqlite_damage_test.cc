// SQLite on a device without powersafe overwrite: one that damages the rest of
// a sector when the power fails during a write. SQLite guards against that
// unless it is told that the device is not such a one (psow=1), and then it
// relies on it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <powercut/powercut.hpp>

#include "tests/engines/sqlite_bank.h"

namespace {

using powercut::State;
using powercut::States;
using powercut::World;

struct Found {
  pc_verdict verdict;
  std::string report;
};

Found Damaged(const SqliteSetting& setting, const char* uri, uint32_t damage) {
  World world({.damage = damage});
  {
    SqliteBank bank(world, 1, "powercut", uri);
    EXPECT_TRUE(bank.Create(setting));
    world.start();
    for (uint64_t number = 1; number <= 2; ++number) {
      world.attempt(number);
      EXPECT_TRUE(bank.Commit(number));
      world.ack(number);
    }
  }
  States states = world.explore({.profiles = "linux-man", .budget_ms = 60'000});
  for (State& state : states) LookAtSqliteBank(state);
  const Found found{states.verdict(), states.report()};
  pc_sqlite_unregister("powercut");
  return found;
}

constexpr const char* kCareful = "file:///bank.db?psow=0";
constexpr const char* kTrusting = "file:///bank.db?psow=1";

TEST(SqliteDamageTest, ACarefulWalHolds) {
  const Found found = Damaged({"WAL", "FULL"}, kCareful, PC_DAMAGE_UNIT);
  EXPECT_EQ(found.verdict, PC_HOLDS) << found.report;
}

TEST(SqliteDamageTest, AWalThatTrustsTheDeviceLosesACommit) {
  const Found trusted = Damaged({"WAL", "FULL"}, kTrusting, PC_DAMAGE_NONE);
  EXPECT_EQ(trusted.verdict, PC_HOLDS) << trusted.report;
  const Found found = Damaged({"WAL", "FULL"}, kTrusting, PC_DAMAGE_UNIT);
  EXPECT_EQ(found.verdict, PC_VIOLATES) << found.report;
  EXPECT_THAT(found.report, ::testing::HasSubstr("damaging bytes"));
}

TEST(SqliteDamageTest, ARollbackJournalHolds) {
  const Found found = Damaged({"DELETE", "EXTRA"}, kCareful, PC_DAMAGE_UNIT);
  EXPECT_EQ(found.verdict, PC_HOLDS) << found.report;
}

}  // namespace
