// BenchSqlite(): how many crash states of SQLite are checked in a second.

#ifndef POWERCUT_TESTS_BENCH_SQLITE_BENCH_H_
#define POWERCUT_TESTS_BENCH_SQLITE_BENCH_H_

namespace powercut {

// Prints a row for a rollback journal and one for a write-ahead log.
void BenchSqlite();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_SQLITE_BENCH_H_
