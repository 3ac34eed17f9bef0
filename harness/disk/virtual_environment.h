// VirtualEnvironment: the clock, the process id and the random numbers that
// libraries under test see instead of the machine's, so that recording twice
// gives the same writes.
//
// A library gets here without a change to its code: its imports of `time`,
// `random` and so on are renamed to the C functions below when it is linked
// (backends/ntfs_3g/CMakeLists.txt). One environment per thread: backends run
// one instance at a time on a thread, and fork for more.

#ifndef POWERCUT_HARNESS_DISK_VIRTUAL_ENVIRONMENT_H_
#define POWERCUT_HARNESS_DISK_VIRTUAL_ENVIRONMENT_H_

#include <sys/types.h>
#include <time.h>

#include <cstdint>

namespace powercut {

// Sets the clock back to its start, 2020-01-01T00:00:00Z, and seeds the random
// numbers. Backends call it when they open a disk, so that an instance behaves
// the same whatever ran before it.
void ResetVirtualEnvironment(uint64_t seed);

}  // namespace powercut

// Stand-ins with the contracts of the functions they are named after. Each
// read of a clock, whichever, is one millisecond after the one before.
extern "C" {
time_t powercut_virtual_time(time_t* out);
int powercut_virtual_clock_gettime(clockid_t clock, struct timespec* out);
pid_t powercut_virtual_getpid(void);
long powercut_virtual_random(void);  // NOLINT: the type of random()
void powercut_virtual_srandom(unsigned seed);
}

#endif  // POWERCUT_HARNESS_DISK_VIRTUAL_ENVIRONMENT_H_
