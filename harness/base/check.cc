// The failing side of POWERCUT_CHECK, out of line so that each use of the macro
// is one test and one call. It ends in abort(), so that a parent sees a worker
// that failed a check as killed by SIGABRT and blames the state that it ran.

#include "harness/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace powercut {

void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "powercut: %s:%d: internal check failed: %s\n", file,
               line, condition);
  std::abort();
}

}  // namespace powercut
