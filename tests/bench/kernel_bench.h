// BenchKernels(): what powercut adds to the cost of a mount and of a recorded
// run on the file systems of the running kernel.

#ifndef POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_
#define POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_

#include <string>

namespace powercut {

// Prints two rows for each file system that can run here, and for the others
// why they cannot. With `only`, prints those of the file system of this name;
// empty means all.
void BenchKernels(const std::string& only);

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_KERNEL_BENCH_H_
