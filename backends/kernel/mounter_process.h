// MounterProcess: what the process does that mounts the disk, from within. It
// makes every system call that can wait for the disk, so that the owner of the
// disk can answer.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNTER_PROCESS_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNTER_PROCESS_H_

namespace powercut::kernel {

// Does what is asked through `socket` until the other end is gone, and ends.
// Requires: it is the first process of its own PID namespace, so that all it
// starts ends with it.
[[noreturn]] void RunMounter(int socket) noexcept;

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNTER_PROCESS_H_
