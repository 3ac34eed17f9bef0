/* One commit of SQLite, which is acknowledged: with synchronous=OFF a crash
 * loses it, and with EXTRA none does. */

#include <powercut/sqlite.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static int count_rows(void* count, int columns, char** values, char** names) {
  (void)names;
  *(int*)count = columns == 1 && values[0][0] == '1' ? 1 : 0;
  return 0;
}

/* Returns the rows in the table; 0 if there is no table. */
static int rows(void) {
  sqlite3* db = NULL;
  int count = 0;
  if (sqlite3_open("/my.db", &db) == SQLITE_OK) {
    sqlite3_exec(db, "SELECT count(*) FROM t", count_rows, &count, NULL);
  }
  sqlite3_close(db);
  return count;
}

static pc_verdict explore(const char* synchronous) {
  pc_world* world = NULL;
  sqlite3* db = NULL;
  char pragma[64];
  if (pc_world_new(NULL, &world) != 0) return PC_FAILED;
  if (pc_sqlite_register(world, "powercut", 1) != SQLITE_OK) return PC_FAILED;
  if (sqlite3_open("/my.db", &db) != SQLITE_OK) return PC_FAILED;
  sprintf(pragma, "PRAGMA synchronous = %s", synchronous);
  sqlite3_exec(db, pragma, NULL, NULL, NULL);
  sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL, NULL);
  pc_start(world);
  pc_attempt(world, 1);
  if (sqlite3_exec(db, "INSERT INTO t VALUES (1)", NULL, NULL, NULL) !=
      SQLITE_OK) {
    return PC_FAILED;
  }
  pc_ack(world, 1);
  sqlite3_close(db);

  pc_states* states = NULL;
  if (pc_explore(world, NULL, &states) != 0) return PC_FAILED;
  for (pc_world* disk; (disk = pc_next(states)) != NULL;) {
    pc_sqlite_register(disk, "powercut", 2);
    if (pc_must_have(states, 1) && rows() != 1) {
      pc_violation(states, "commit-lost", NULL, __FILE__, __LINE__);
    }
  }
  puts(pc_report(states));
  const pc_verdict verdict = pc_result(states);
  pc_states_free(states);
  pc_sqlite_unregister("powercut");
  pc_world_free(world);
  return verdict;
}

int main(void) {
  if (explore("OFF") != PC_VIOLATES) return 1;
  return explore("EXTRA") == PC_HOLDS ? 0 : 2;
}
