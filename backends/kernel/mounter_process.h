// MounterProcess: the process that mounts the disk, from within. It makes every
// system call that can wait for the disk, so that the owner of the disk is free
// to serve it.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNTER_PROCESS_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNTER_PROCESS_H_

namespace powercut::kernel {

// Does what MounterRequests from `socket` ask and answers them, until the other
// end is gone. Then the process exits with status 0.
// Requires: this process is the first of its own PID namespace, so that all
// that it starts ends with it.
[[noreturn]] void RunMounter(int socket) noexcept;

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNTER_PROCESS_H_
