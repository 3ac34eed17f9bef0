// What a failed POWERCUT_CHECK does to its process.

#ifndef POWERCUT_HARNESS_BASE_CHECK_FAILURE_H_
#define POWERCUT_HARNESS_BASE_CHECK_FAILURE_H_

namespace powercut {

// The exit status of a process of the tool that failed a POWERCUT_CHECK. The
// parent of a worker takes this status for a bug of powercut, not for a death
// of the storage.
inline constexpr int kCheckFailedStatus = 128;

// From now on a failed POWERCUT_CHECK prints its message and ends the process
// with kCheckFailedStatus; processes that are forked later do the same. Without
// this call it aborts, which debuggers and fuzzers notice.
void EndFailedChecksWithStatus();

// From now on a failed POWERCUT_CHECK throws std::logic_error with its message.
// This is for test programs: the test that failed the check fails, and the
// other tests of the program run.
void ThrowFailedChecks();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_CHECK_FAILURE_H_
