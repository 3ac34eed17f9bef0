// Whole crash spaces: how far the engine gets, and what it costs.

#ifndef POWERCUT_TESTS_BENCH_SPACE_BENCH_H_
#define POWERCUT_TESTS_BENCH_SPACE_BENCH_H_

#include <string>

namespace powercut {

// A table of workloads of growing size, then figures of the engine itself.
// Only the rows whose names contain `only`.
void BenchSpaces(const std::string& only = {});

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_SPACE_BENCH_H_
