// Figures of a benchmark: measured in turn with what they are held against, and
// printed one a line.

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

inline constexpr int kRounds = 5;

inline double Seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

inline double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Medians of several figures, one of each measured in each round.
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

// Figures of two things, measured in turn.
struct Pair {
  double ours = 0;
  double limit = 0;
};

inline Pair Compare(const std::function<double()>& ours,
                    const std::function<double()>& limit) {
  const std::vector<double> medians = MediansOf({ours, limit});
  return {medians[0], medians[1]};
}

// `work` returns how many of something it did; how many of them a second.
inline double RateOf(const std::function<uint64_t()>& work) {
  const double begin = Seconds();
  const uint64_t count = work();
  return static_cast<double>(count) / (Seconds() - begin);
}

inline void Row(const std::string& what, const std::string& figure,
                const std::string& aim, const std::string& limit) {
  std::printf("%-52s %16s   %-18s %s\n", what.c_str(), figure.c_str(),
              aim.c_str(), limit.c_str());
  std::fflush(stdout);
}

inline std::string Count(double value) { return fmt::format("{:.0f}", value); }

}  // namespace powercut

#endif  // POWERCUT_TESTS_BENCH_FIGURES_H_
