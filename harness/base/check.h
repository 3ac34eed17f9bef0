// POWERCUT_CHECK: an invariant of our own code. It stays on in release builds,
// since a harness that has gone wrong must not report anything.

#ifndef POWERCUT_HARNESS_BASE_CHECK_H_
#define POWERCUT_HARNESS_BASE_CHECK_H_

namespace powercut {

// Prints the place and the condition to standard error and aborts.
[[noreturn]] void CheckFailed(const char* file, int line,
                              const char* condition);

}  // namespace powercut

#define POWERCUT_CHECK(condition)                              \
  do {                                                         \
    if (!(condition)) [[unlikely]] {                           \
      ::powercut::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                          \
  } while (false)

#endif  // POWERCUT_HARNESS_BASE_CHECK_H_
