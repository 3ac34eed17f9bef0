// The VFS itself: what SQLite asks of one, and mistakes planted on top of it,
// which the looks of sqlite_bank.h must notice. A planted mistake is a VFS that
// hands everything to the right one but what it does wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <powercut/sqlite.h>
#include <sqlite3.h>

#include <set>
#include <string>

#include <powercut/powercut.hpp>

#include "tests/engines/sqlite_bank.h"

namespace {

using powercut::Explore;
using powercut::State;
using powercut::States;
using powercut::World;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- planted mistakes -------------------------------------------------------

enum class Mistake {
  kSyncDoesNothing,
  kDeleteSyncsNoDirectory,
  kNewJournalSyncsNoDirectory,
};
Mistake planted;

sqlite3_vfs* Right() { return sqlite3_vfs_find("powercut"); }

int SyncNothing(sqlite3_file*, int) { return SQLITE_OK; }

int MistakenOpen(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags,
                 int* out_flags) {
  if (planted == Mistake::kNewJournalSyncsNoDirectory) {
    flags &= ~SQLITE_OPEN_MAIN_JOURNAL & ~SQLITE_OPEN_WAL;
  }
  const int result = Right()->xOpen(Right(), name, file, flags, out_flags);
  if (result == SQLITE_OK && planted == Mistake::kSyncDoesNothing) {
    static sqlite3_io_methods methods;
    methods = *file->pMethods;
    methods.xSync = SyncNothing;
    file->pMethods = &methods;
  }
  return result;
}
int MistakenDelete(sqlite3_vfs*, const char* path, int sync_directory) {
  if (planted == Mistake::kDeleteSyncsNoDirectory) sync_directory = 0;
  return Right()->xDelete(Right(), path, sync_directory);
}
int MistakenAccess(sqlite3_vfs*, const char* path, int flags, int* result) {
  return Right()->xAccess(Right(), path, flags, result);
}

// What is found if SQLite runs on a VFS with this mistake.
std::set<std::string> CausesOf(Mistake mistake, const SqliteSetting& setting,
                               const std::string& profile) {
  planted = mistake;
  World world;
  pc_sqlite_register(world.get(), "powercut", 1);
  sqlite3_vfs mistaken = *Right();
  mistaken.zName = "mistaken";
  mistaken.xOpen = MistakenOpen;
  mistaken.xDelete = MistakenDelete;
  mistaken.xAccess = MistakenAccess;
  mistaken.xRandomness = [](sqlite3_vfs*, int size, char* out) {
    return Right()->xRandomness(Right(), size, out);
  };
  sqlite3_vfs_register(&mistaken, 0);
  const bool filled = FillSqliteBank(world, setting, 2, false, "mistaken");
  sqlite3_vfs_unregister(&mistaken);
  EXPECT_TRUE(filled);
  Explore options;
  options.profiles = profile;
  options.budget_ms = 600'000;
  options.runs_max = 400;
  States states = world.explore(options);
  for (State& state : states) LookAtSqliteBank(state);
  std::set<std::string> causes;
  for (const auto& finding : states.findings()) causes.insert(finding.cause);
  return causes;
}

TEST(SqlitePlanted, ASyncThatDoesNothing) {
  const auto found = [](const char* journal_mode, const char* profile) {
    return CausesOf(Mistake::kSyncDoesNothing, {journal_mode, "EXTRA"},
                    profile);
  };
  for (const char* journal_mode : {"DELETE", "TRUNCATE", "PERSIST"}) {
    EXPECT_THAT(found(journal_mode, "linux-man"), Contains("corrupt"));
    EXPECT_THAT(found(journal_mode, "ext4-ordered"), Contains("corrupt"));
  }
  EXPECT_THAT(found("WAL", "linux-man"), Contains("lost"));
  EXPECT_THAT(found("WAL", "ext4-ordered"), Contains("lost"));
}

TEST(SqlitePlanted, ADeletionWithoutItsDirectory) {
  EXPECT_THAT(CausesOf(Mistake::kDeleteSyncsNoDirectory, {"DELETE", "EXTRA"},
                       "linux-man"),
              ::testing::ElementsAre("lost"));
}

// The journal is lost, and the pages that it would have restored are not. Where
// fdatasync brings the name of a new file along, the journal is safe.
TEST(SqlitePlanted, ANewJournalWithoutItsDirectory) {
  const auto found = [](const char* profile) {
    return CausesOf(Mistake::kNewJournalSyncsNoDirectory, {"DELETE", "EXTRA"},
                    profile);
  };
  EXPECT_THAT(found("linux-man"), Contains("corrupt"));
  for (const char* profile : {"ext4-ordered", "xfs", "btrfs"}) {
    EXPECT_THAT(found(profile), IsEmpty()) << profile;
  }
}

// --- what SQLite asks of a VFS ----------------------------------------------

sqlite3* Opened(const char* name, int more_flags = 0) {
  sqlite3* db = nullptr;
  EXPECT_EQ(
      sqlite3_open_v2(name, &db,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | more_flags,
                      "powercut"),
      SQLITE_OK);
  return db;
}

int Execute(sqlite3* db, const char* sql) {
  return sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
}

int CountOf(sqlite3* db) {
  sqlite3_stmt* statement = nullptr;
  int count = -1;
  if (sqlite3_prepare_v2(db, "SELECT count(*) FROM t", -1, &statement,
                         nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    count = sqlite3_column_int(statement, 0);
  }
  sqlite3_finalize(statement);
  return count;
}

TEST(SqliteVfs, ConnectionsLockEachOtherOut) {
  World world;
  ASSERT_EQ(pc_sqlite_register(world.get(), "powercut", 1), SQLITE_OK);
  sqlite3* one = Opened("/a.db");
  sqlite3* two = Opened("a.db");  // Names are relative to the root.
  ASSERT_EQ(Execute(one, "CREATE TABLE t (a)"), SQLITE_OK);
  ASSERT_EQ(Execute(one, "BEGIN IMMEDIATE; INSERT INTO t VALUES (1)"),
            SQLITE_OK);
  EXPECT_EQ(Execute(two, "BEGIN IMMEDIATE"), SQLITE_BUSY);
  // A reader keeps the commit waiting, and the commit keeps out new readers.
  ASSERT_EQ(Execute(two, "BEGIN; SELECT * FROM t"), SQLITE_OK);
  EXPECT_EQ(Execute(one, "COMMIT"), SQLITE_BUSY);
  sqlite3* three = Opened("/a.db");
  EXPECT_EQ(CountOf(three), -1);
  ASSERT_EQ(Execute(two, "COMMIT"), SQLITE_OK);
  EXPECT_EQ(Execute(one, "COMMIT"), SQLITE_OK);
  EXPECT_EQ(CountOf(three), 1);
  for (sqlite3* db : {one, two, three}) EXPECT_EQ(sqlite3_close(db), SQLITE_OK);
}

TEST(SqliteVfs, ConnectionsShareAWal) {
  World world;
  ASSERT_EQ(pc_sqlite_register(world.get(), "powercut", 1), SQLITE_OK);
  sqlite3* one = Opened("/a.db");
  sqlite3* two = Opened("/a.db");
  ASSERT_EQ(Execute(one, "PRAGMA journal_mode = WAL; CREATE TABLE t (a)"),
            SQLITE_OK);
  ASSERT_EQ(Execute(two, "BEGIN"), SQLITE_OK);
  EXPECT_EQ(CountOf(two), 0);
  EXPECT_EQ(Execute(one, "INSERT INTO t VALUES (1)"), SQLITE_OK);
  EXPECT_EQ(CountOf(two), 0);  // A snapshot.
  EXPECT_EQ(Execute(two, "INSERT INTO t VALUES (2)"), SQLITE_BUSY);
  EXPECT_EQ(Execute(two, "COMMIT"), SQLITE_OK);
  EXPECT_EQ(CountOf(two), 1);
  EXPECT_TRUE(world.exists("/a.db-wal"));
  EXPECT_EQ(Execute(one, "PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
  EXPECT_EQ(CountOf(two), 1);
  for (sqlite3* db : {one, two}) EXPECT_EQ(sqlite3_close(db), SQLITE_OK);
  // The last connection takes the WAL away; shared memory was never a file.
  EXPECT_THAT(world.list("/"), ::testing::ElementsAre("a.db"));
}

TEST(SqliteVfs, TemporaryFilesLeaveNothing) {
  World world;
  ASSERT_EQ(pc_sqlite_register(world.get(), "powercut", 1), SQLITE_OK);
  sqlite3* db = Opened("");  // A temporary database.
  EXPECT_EQ(Execute(db,
                    "PRAGMA temp_store = FILE; PRAGMA cache_size = 2;"
                    "CREATE TABLE t (a);"
                    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
                    "SELECT i + 1 FROM n WHERE i < 3000) "
                    "INSERT INTO t SELECT zeroblob(900) || i FROM n "
                    "ORDER BY i DESC"),
            SQLITE_OK);
  EXPECT_EQ(CountOf(db), 3000);
  EXPECT_THAT(world.list("/"), IsEmpty());
  EXPECT_EQ(sqlite3_close(db), SQLITE_OK);
}

TEST(SqliteVfs, ASyncThatFailsFailsTheCommit) {
  World world;
  ASSERT_EQ(pc_sqlite_register(world.get(), "powercut", 1), SQLITE_OK);
  sqlite3* db = Opened("/a.db");
  ASSERT_EQ(Execute(db, "CREATE TABLE t (a)"), SQLITE_OK);
  world.fail(PC_FAIL_SYNC);
  EXPECT_EQ(Execute(db, "INSERT INTO t VALUES (1)"), SQLITE_IOERR);
  EXPECT_EQ(sqlite3_extended_errcode(db), SQLITE_IOERR_FSYNC);
  EXPECT_EQ(Execute(db, "INSERT INTO t VALUES (2)"), SQLITE_OK);
  EXPECT_EQ(CountOf(db), 1);
  EXPECT_EQ(sqlite3_close(db), SQLITE_OK);
}

int CharacteristicsOf(sqlite3* db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  return file->pMethods->xDeviceCharacteristics(file);
}

TEST(SqliteVfs, PromisesPowersafeOverwriteOnlyIfAsked) {
  World world;
  ASSERT_EQ(pc_sqlite_register(world.get(), "powercut", 1), SQLITE_OK);
  sqlite3* careful = Opened("/a.db");
  sqlite3* psow = Opened("file:///b.db?psow=1", SQLITE_OPEN_URI);
  EXPECT_EQ(CharacteristicsOf(careful), 0);
  EXPECT_EQ(CharacteristicsOf(psow), SQLITE_IOCAP_POWERSAFE_OVERWRITE);
  for (sqlite3* db : {careful, psow}) EXPECT_EQ(sqlite3_close(db), SQLITE_OK);
}

TEST(SqliteVfs, WrongUseIsAnError) {
  World world;
  EXPECT_EQ(pc_sqlite_register(nullptr, "powercut", 1), SQLITE_MISUSE);
  EXPECT_EQ(pc_sqlite_register(world.get(), nullptr, 1), SQLITE_MISUSE);
  EXPECT_EQ(pc_sqlite_register(world.get(), "unix", 1), SQLITE_MISUSE);
  EXPECT_EQ(pc_sqlite_unregister(nullptr), SQLITE_NOTFOUND);
  EXPECT_EQ(pc_sqlite_unregister("unix"), SQLITE_NOTFOUND);
  EXPECT_EQ(pc_sqlite_register(world.get(), "another", 1), SQLITE_OK);
  EXPECT_EQ(pc_sqlite_unregister("another"), SQLITE_OK);
  EXPECT_EQ(sqlite3_vfs_find("another"), nullptr);
}

// Clock, random numbers and order are given, so that an id of one process
// replays in another one.
TEST(SqliteVfs, IsDeterministic) {
  std::string first;
  for (int time = 0; time < 2; ++time) {
    World world;
    ASSERT_TRUE(FillSqliteBank(world, {"DELETE", "FULL"}, 2));
    Explore options;
    options.profiles = "linux-man";
    options.budget_ms = 600'000;
    States states = world.explore(options);
    for (State& state : states) LookAtSqliteBank(state);
    if (time == 0) first = states.report();
    EXPECT_EQ(states.report(), first);
    EXPECT_THAT(first, HasSubstr("unlink /bank.db-journal"));
    pc_sqlite_unregister("powercut");
  }
}

}  // namespace
