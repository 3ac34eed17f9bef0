// Exit statuses of the command line: a contract (design.md section 10).

#ifndef POWERCUT_HARNESS_CLI_EXIT_STATUS_H_
#define POWERCUT_HARNESS_CLI_EXIT_STATUS_H_

#include <initializer_list>

#include "harness/base/result.h"

namespace powercut {

enum ExitStatus : int {
  kExitHolds = 0,
  kExitViolation = 1,
  kExitUnknown = 2,      // a bound was reached, or recovery is undecided
  kExitCannotRun = 125,  // here; says what is missing
  kExitInternal = 128,
  kExitUsage = 129,
  kExitInterrupted = 130,
};

constexpr ExitStatus ExitStatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
    case ErrorCode::kBadInput:
    case ErrorCode::kIo:
    case ErrorCode::kFull:
      return kExitUsage;
    case ErrorCode::kUnsupported:
    case ErrorCode::kMissing:
      return kExitCannotRun;
    case ErrorCode::kStale:
      return kExitUnknown;
    case ErrorCode::kInternal:
      return kExitInternal;
  }
  return kExitInternal;
}

// Of two statuses the one that counts; 125 only if nothing else ran, which the
// caller says by starting from it.
constexpr ExitStatus WorseStatus(ExitStatus a, ExitStatus b) {
  for (const ExitStatus status : {kExitInterrupted, kExitInternal, kExitUsage,
                                  kExitViolation, kExitUnknown, kExitHolds}) {
    if (a == status || b == status) return status;
  }
  return kExitCannotRun;
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_EXIT_STATUS_H_
