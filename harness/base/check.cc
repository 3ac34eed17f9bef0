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
