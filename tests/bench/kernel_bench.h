// BenchKernels(): what powercut adds to the cost of a mount and of a recorded
// run on the file systems of the running kernel.

#ifndef POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_
#define POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_

namespace powercut {

// Prints two rows for each file system that can run here, and for the others
// why they cannot.
void BenchKernels();

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_
