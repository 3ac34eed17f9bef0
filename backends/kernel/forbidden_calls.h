// ForbidCalls(): system calls that a program in the volume must not make, since
// nothing could end what they begin.

#ifndef POWERCUT_BACKENDS_KERNEL_FORBIDDEN_CALLS_H_
#define POWERCUT_BACKENDS_KERNEL_FORBIDDEN_CALLS_H_

namespace powercut::kernel {

// From now on, freezing a file system (ioctl FIFREEZE) and swapon() fail with
// EPERM in this process and in all that it starts. A write to a frozen volume
// waits where not even SIGKILL ends it, so that the volume, its loop device and
// the process would stay for ever; and swap on a disk that goes away takes the
// machine with it. Returns 0, or the errno value that kept it from doing so.
// Requires: this process has CAP_SYS_ADMIN.
int ForbidCalls();

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_FORBIDDEN_CALLS_H_
