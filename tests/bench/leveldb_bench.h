// BenchLevelDb(): how many crash states of LevelDB are checked in a second.

#ifndef POWERCUT_TESTS_BENCH_LEVELDB_BENCH_H_
#define POWERCUT_TESTS_BENCH_LEVELDB_BENCH_H_

namespace powercut {

// Prints a row for each way to isolate the states.
void BenchLevelDb();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_LEVELDB_BENCH_H_
