// The virtual environment: the clock, the process id and the random numbers
// that libraries under test see instead of those of the machine, so that
// recording a workload twice gives the same writes.
//
// A library is bound to it with no change to its code: its imports of `time`,
// `random` and so on are renamed when it is linked, to functions that call
// those below (backends/ntfs_3g/module/CMakeLists.txt). Each thread has one
// environment, which all backends that run on the thread share.

#ifndef POWERCUT_HARNESS_DISK_VIRTUAL_ENVIRONMENT_H_
#define POWERCUT_HARNESS_DISK_VIRTUAL_ENVIRONMENT_H_

#include <sys/types.h>
#include <time.h>

#include <cstdint>

namespace powercut {

// Sets the clock of this thread back to its start, 2020-01-01T00:00:00Z, and
// seeds the random numbers. A backend whose library needs the environment calls
// it whenever it opens a disk, so that an instance behaves the same whatever
// ran before it.
void ResetVirtualEnvironment(uint64_t seed);

}  // namespace powercut

// Replacements with the contracts of the functions that they are named after.
// All clocks are one: each reading of any of them is one millisecond after the
// reading before.
extern "C" {
time_t powercut_virtual_time(time_t* out);
int powercut_virtual_clock_gettime(clockid_t clock, struct timespec* out);
pid_t powercut_virtual_getpid(void);
long powercut_virtual_random(void);  // NOLINT: the type of random()
void powercut_virtual_srandom(unsigned seed);
}

#endif  // POWERCUT_HARNESS_DISK_VIRTUAL_ENVIRONMENT_H_
