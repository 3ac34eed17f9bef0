// The failing side of POWERCUT_CHECK, out of line so that each use of the macro
// is one test and one call. The tool ends with an exit status of its own, so
// that scripts and the parents of workers can tell a bug of powercut from a
// crash of the storage.

#include "harness/base/check.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include "harness/base/check_failure.h"

namespace powercut {
namespace {

enum class WhatFollows { kAbort, kEnd, kThrow };

WhatFollows g_what_follows = WhatFollows::kAbort;

}  // namespace

void EndFailedChecksWithStatus() { g_what_follows = WhatFollows::kEnd; }
void ThrowFailedChecks() { g_what_follows = WhatFollows::kThrow; }

void CheckFailed(const char* file, int line, const char* condition) {
  if (g_what_follows == WhatFollows::kThrow) {
    throw std::logic_error(std::string(file) + ":" + std::to_string(line) +
                           ": internal check failed: " + condition);
  }
  std::fprintf(stderr, "powercut: %s:%d: internal check failed: %s\n", file,
               line, condition);
  // exit() would run destructors over a state that is known to be wrong.
  if (g_what_follows == WhatFollows::kEnd) std::_Exit(kCheckFailedStatus);
  std::abort();
}

}  // namespace powercut
