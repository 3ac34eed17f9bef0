// The clock moves only when it is read, by one step for each reading. So what a
// library does with the time follows from its own calls alone, and not from how
// fast it runs.

#include "harness/disk/virtual_environment.h"

#include "harness/base/prng.h"

namespace powercut {
namespace {

constexpr int64_t kStartSeconds = 1577836800;  // 2020-01-01T00:00:00Z
constexpr int64_t kStepNanoseconds = 1'000'000;
constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
// Any fixed number serves.
constexpr pid_t kProcessId = 4711;

struct VirtualEnvironment {
  int64_t elapsed_nanoseconds = 0;
  Prng prng{1};
};

thread_local VirtualEnvironment environment;

timespec ReadClock() {
  environment.elapsed_nanoseconds += kStepNanoseconds;
  timespec now{};
  now.tv_sec = static_cast<time_t>(
      kStartSeconds + environment.elapsed_nanoseconds / kNanosecondsPerSecond);
  now.tv_nsec = environment.elapsed_nanoseconds % kNanosecondsPerSecond;
  return now;
}

}  // namespace

void ResetVirtualEnvironment(uint64_t seed) {
  environment.elapsed_nanoseconds = 0;
  environment.prng = Prng(seed);
}

}  // namespace powercut

extern "C" {

time_t powercut_virtual_time(time_t* out) {
  const time_t now = powercut::ReadClock().tv_sec;
  if (out != nullptr) *out = now;
  return now;
}

int powercut_virtual_clock_gettime(clockid_t /*clock*/, struct timespec* out) {
  *out = powercut::ReadClock();
  return 0;
}

pid_t powercut_virtual_getpid(void) { return powercut::kProcessId; }

long powercut_virtual_random(void) {  // NOLINT: the type of random()
  // random() returns 31 bits; the upper bits of a draw are as good as any.
  return static_cast<long>(powercut::environment.prng.Next() >> 33);
}

// Libraries seed with the time or the process id. Both are virtual here, so
// that their seed can be taken as it is.
void powercut_virtual_srandom(unsigned seed) {
  powercut::environment.prng = powercut::Prng(seed);
}

}  // extern "C"
