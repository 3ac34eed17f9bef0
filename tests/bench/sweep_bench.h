// The sweep over all prefixes of a recorded program, held against a naive one.

#ifndef POWERCUT_TESTS_BENCH_SWEEP_BENCH_H_
#define POWERCUT_TESTS_BENCH_SWEEP_BENCH_H_

#include <string>

namespace powercut {

// Prints, for ext4, xfs and btrfs, how long `--space prefix --check true` takes
// with one worker beside a naive sweep, and how many recoveries that were.
// What cannot run here is skipped with a line. If `only` is not empty, it is
// the one file system of these.
void BenchSweeps(const std::string& only);

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_SWEEP_BENCH_H_
