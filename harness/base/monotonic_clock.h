// A clock for bounds and for progress. A report depends on the time only in its
// field `elapsed_s` and where a bound of wall clock time was hit: `--budget`,
// which ends the exploration as `unknown`, and the bounds on a recovery and on
// a check command, which make a `hang`.

#ifndef POWERCUT_HARNESS_BASE_MONOTONIC_CLOCK_H_
#define POWERCUT_HARNESS_BASE_MONOTONIC_CLOCK_H_

#include <chrono>
#include <cstdint>

namespace powercut {

// Milliseconds since an unspecified moment in the past. The value never goes
// back.
inline uint64_t MonotonicMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_MONOTONIC_CLOCK_H_
