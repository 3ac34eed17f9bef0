// BenchSimfs(): what a crash state of simfs costs, after traces of growing
// length and where little of the volume is looked at.

#ifndef POWERCUT_TESTS_BENCH_SIMFS_BENCH_H_
#define POWERCUT_TESTS_BENCH_SIMFS_BENCH_H_

namespace powercut {

// Each length of trace is measured in a process of its own, so that each peak
// of memory is its own.
void BenchSimfs();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_SIMFS_BENCH_H_
