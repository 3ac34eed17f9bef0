// The exit statuses of the command line. Scripts and CI depend on them, so that
// a number never changes its meaning; README.md and --help list them.

#ifndef POWERCUT_HARNESS_CLI_EXIT_STATUS_H_
#define POWERCUT_HARNESS_CLI_EXIT_STATUS_H_

#include <initializer_list>

#include "harness/base/result.h"

namespace powercut {

enum ExitStatus : int {
  kExitHolds = 0,
  kExitViolation = 1,
  // Not every state was judged, since a bound was reached; or an id belongs to
  // another recording.
  kExitUnknown = 2,
  // `record` wrote the trace, but the recorded program failed, was killed, took
  // too long, found the disk full, or changed nothing in the volume.
  kExitProgramFailed = 3,
  // A prerequisite is missing here; the message names it.
  kExitCannotRun = 125,
  // A self-check of powercut failed.
  kExitInternal = 128,
  // A flag, an argument or an input file is wrong.
  kExitUsage = 129,
  // Ctrl-C or SIGTERM; results so far were printed and written.
  kExitInterrupted = 130,
};

// The exit status of a verb that ends with this error.
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

// The status of two files, or of a file and a report, checked together. The
// order of weight is interrupted, internal, usage, violation, unknown, holds.
// kExitCannotRun counts least: a caller that starts from it returns it only if
// nothing ran.
constexpr ExitStatus WorseStatus(ExitStatus a, ExitStatus b) {
  for (const ExitStatus status : {kExitInterrupted, kExitInternal, kExitUsage,
                                  kExitViolation, kExitUnknown, kExitHolds}) {
    if (a == status || b == status) return status;
  }
  return kExitCannotRun;
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_CLI_EXIT_STATUS_H_
