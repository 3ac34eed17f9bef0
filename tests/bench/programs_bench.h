// BenchPrograms(): what powercut adds to a program that runs on simfs, and how
// many crashes of it a check can look at.

#ifndef POWERCUT_TESTS_BENCH_PROGRAMS_BENCH_H_
#define POWERCUT_TESTS_BENCH_PROGRAMS_BENCH_H_

namespace powercut {

// Prints three rows. Needs sqlite3, and a /dev/fuse that this user may open.
void BenchPrograms();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_PROGRAMS_BENCH_H_
