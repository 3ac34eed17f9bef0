// Wall clock for bounds and progress. Never in a decision that a report shows,
// but for --budget, which says so.

#ifndef POWERCUT_HARNESS_BASE_MONOTONIC_CLOCK_H_
#define POWERCUT_HARNESS_BASE_MONOTONIC_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace powercut {

// Milliseconds since some moment in the past; never goes back.
inline uint64_t MonotonicMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_MONOTONIC_CLOCK_H_
