// POWERCUT_CHECK(condition): an invariant of powercut's own code. If it does
// not hold, the process aborts. It stays on in release builds, since a harness
// that has gone wrong must not report anything.
//
// Bad input and bad storage are never checked by it: they are an Error or a
// violation (harness/base/result.h).

#ifndef POWERCUT_HARNESS_BASE_CHECK_H_
#define POWERCUT_HARNESS_BASE_CHECK_H_

namespace powercut {

// Prints the place and the condition to standard error and aborts. Called by
// POWERCUT_CHECK only.
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
