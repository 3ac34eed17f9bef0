// Figures of a benchmark. Each figure is measured in turn with the limit that
// it is held against, and is printed as one line.

#ifndef POWERCUT_TESTS_BENCH_FIGURES_H_
#define POWERCUT_TESTS_BENCH_FIGURES_H_

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace powercut {

// How often each figure is measured.
inline constexpr int kRounds = 5;

// A clock in seconds that never goes back; only differences mean anything.
inline double Seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

// The processor time of this process so far, in seconds. On a busy machine it
// says more than the clock, where all work is done in this process.
inline double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// The medians of several figures. Each round measures every figure once, so
// that a busy moment of the machine touches all of them.
inline std::vector<double> MediansOf(
    const std::vector<std::function<double()>>& figures) {
  std::vector<std::vector<double>> values(figures.size());
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < figures.size(); ++i) {
      values[i].push_back(figures[i]());
    }
  }
  std::vector<double> medians;
  for (const std::vector<double>& of_one : values) {
    medians.push_back(Median(of_one));
  }
  return medians;
}

// A figure of ours and its limit, measured in turn.
struct Pair {
  double ours = 0;
  double limit = 0;
};

inline Pair Compare(const std::function<double()>& ours,
                    const std::function<double()>& limit) {
  const std::vector<double> medians = MediansOf({ours, limit});
  return {medians[0], medians[1]};
}

// How many of something `work` does in a second. `work` returns how many it
// did.
inline double RateOf(const std::function<uint64_t()>& work) {
  const double begin = Seconds();
  const uint64_t count = work();
  return static_cast<double>(count) / (Seconds() - begin);
}

// The same for a second of processor time.
inline double CpuRateOf(const std::function<uint64_t()>& work) {
  const double begin = CpuSeconds();
  const uint64_t count = work();
  return static_cast<double>(count) / (CpuSeconds() - begin);
}

// Prints one figure with its aim and its limit.
inline void Row(const std::string& what, const std::string& figure,
                const std::string& aim, const std::string& limit) {
  std::printf("%-52s %16s   %-18s %s\n", what.c_str(), figure.c_str(),
              aim.c_str(), limit.c_str());
  std::fflush(stdout);
}

inline std::string Count(double value) { return fmt::format("{:.0f}", value); }

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_FIGURES_H_
