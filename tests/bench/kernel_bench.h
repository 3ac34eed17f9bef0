// The file systems of the running kernel: what our part of a mount and of a
// recorded run costs.

#ifndef POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_
#define POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_

namespace powercut {

// Says why not where they cannot run.
void BenchKernels();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_
