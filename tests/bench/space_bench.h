// Whole crash spaces: how far the engine gets, and what it costs.

#ifndef POWERCUT_TESTS_BENCH_SPACE_BENCH_H_
#define POWERCUT_TESTS_BENCH_SPACE_BENCH_H_

#include <string>

namespace powercut {

// Of both: only the rows whose names contain `only`.

// A table of workloads of growing size.
void BenchSpaces(const std::string& only = {});

// Two workers against one. In a process of its own: what is forked from one
// that holds much, costs more.
void BenchWorkers(const std::string& only = {});

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_SPACE_BENCH_H_
