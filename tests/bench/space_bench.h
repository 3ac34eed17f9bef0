// BenchSpaces() and BenchWorkers(): how far the exploration of whole crash
// spaces gets, and what it costs.

#ifndef POWERCUT_TESTS_BENCH_SPACE_BENCH_H_
#define POWERCUT_TESTS_BENCH_SPACE_BENCH_H_

#include <string>

namespace powercut {

// Both functions print only the rows whose names contain `only`.

// Prints a table of workloads of growing size.
void BenchSpaces(const std::string& only);

// Measures two workers against one.
// Requires: a process that holds little memory, since forking from a large one
// costs more.
void BenchWorkers(const std::string& only);

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_SPACE_BENCH_H_
