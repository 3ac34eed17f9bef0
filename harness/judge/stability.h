// Stability: whether a second crash, during recovery, changed what recovery
// shows in the end, and in what two outcomes differ. This is the one place with
// the rule of `unstable`.

#ifndef POWERCUT_HARNESS_JUDGE_STABILITY_H_
#define POWERCUT_HARNESS_JUDGE_STABILITY_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/judge/judge.h"
#include "harness/record/recorded_run.h"
#include "harness/recover/recovery.h"

namespace powercut {

// Whether recovering twice must show the same as recovering once: the backend
// says so of its own recovery, no check judges, which recovers in its own way
// and says whether all is well, and no fault is armed in recovery, since a disk
// that breaks breaks elsewhere the second time.
bool MustBeStable(const RecordedRun& run);

// The violation `unstable`; `std::nullopt` if the state is none. `once` is what
// recovery shows without the second crash, `twice` with it, and `violations` is
// what is wrong with `twice`. If something is wrong with `twice` and nothing
// with `once`, the second crash broke the volume: that is reported already, and
// is more than a difference. Requires: MustBeStable().
std::optional<Violation> UnstableViolation(
    Judge& judge, OutcomeId once, OutcomeId twice, size_t history,
    CrashKind kind, const std::vector<Violation>& violations);

// What two outcomes of one disk show, in words: the first thing in which they
// differ. `first` and `second` say where each came from. For example "in a
// batch: the check failed: exit status 1: lost: c; alone: the volume opens and
// no check failed". O(size of the outcomes).
std::string DifferenceInWords(const RecoveryOutcome& a,
                              const RecoveryOutcome& b, std::string_view first,
                              std::string_view second);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_STABILITY_H_
