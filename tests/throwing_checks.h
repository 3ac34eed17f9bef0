// Included by one file of each test program that needs more than the build can
// promise, such as mkntfs: where it is missing, the tests that need it fail one
// by one, and the program goes on. A failed POWERCUT_CHECK would end the whole
// program.

#ifndef POWERCUT_TESTS_THROWING_CHECKS_H_
#define POWERCUT_TESTS_THROWING_CHECKS_H_

#include "harness/base/check_failure.h"

namespace powercut {

inline const bool kChecksThrow = [] {
  ThrowFailedChecks();
  return true;
}();

}  // namespace powercut

#endif  // POWERCUT_TESTS_THROWING_CHECKS_H_
