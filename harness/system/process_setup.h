// What a process inherits from whoever started it, made the same for every run:
// standard descriptors, signal dispositions, the signal mask. And the limits on
// resources that a run cannot do with.

#ifndef POWERCUT_HARNESS_SYSTEM_PROCESS_SETUP_H_
#define POWERCUT_HARNESS_SYSTEM_PROCESS_SETUP_H_

#include <signal.h>

#include <cstdint>

#include "harness/base/result.h"

namespace powercut {

// Makes this process independent of what it inherited. To be called first in
// main().
//
// * Closed standard descriptors: 0, 1 and 2 get descriptors of /dev/null, so
//   that no file that is opened later gets one of these numbers. Reading from
//   such a descriptor 0 and writing to such a descriptor 1 or 2 still fail.
// * No signal is blocked.
// * Ignored signals get their defaults, except those by which a shell keeps a
//   program running (SIGHUP, as nohup ignores it; SIGINT and SIGQUIT, as of a
//   program in the background; the stops of a terminal): they stay ignored.
// * SIGPIPE and SIGXFSZ are ignored: a write then fails with EPIPE or EFBIG,
//   which has a message.
void SetUpProcess();

// Gives the signals that SetUpProcess() and the harness ignore their defaults.
// To be called in a forked process before it becomes a program of the user's.
void RestoreSignals();

// The signals that RestoreSignals() restores, for posix_spawn().
sigset_t SignalsToRestore();

// Whether files of `size_bytes` can be made under the limit on the size of
// files.
// Errors: kMissing, with the limit and the remedy.
Status CheckFileSizeLimit(uint64_t size_bytes);

// Whether this process can take `more_bytes` of address space under its limit.
// Errors: kMissing, with the limit and the remedy.
Status CheckAddressSpaceLimit(uint64_t more_bytes);

// How many bytes of address space this process uses. 0 if /proc cannot be read.
uint64_t AddressSpaceBytes();

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_PROCESS_SETUP_H_
