// A seccomp filter: a program of a few steps that the kernel runs before each
// system call.
//
// The number of a call depends on the architecture that the caller uses. Calls
// of this program's own architecture have the numbers of its headers. The
// 32-bit architectures that run beside it, x86 and ARM, have the same two
// numbers as each other. The calls of x32 have a bit of their own and are not
// offered.
//
//   load the architecture
//   own?      load the number; x32: fail
//               swapon: fail     ioctl: look at its request    else: allow
//   32-bit?   load the number
//               swapon: fail     ioctl: look at its request    else: allow
//   the request: FIFREEZE: fail  else: allow

#include "backends/kernel/forbidden_calls.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "backends/kernel/seccomp_steps.h"

namespace powercut::kernel {
namespace {

// The numbers of i386 and of ARM EABI.
constexpr uint32_t kIoctl32 = 54;
constexpr uint32_t kSwapon32 = 87;
constexpr uint32_t kX32Bit = 0x4000'0000;

}  // namespace

int ForbidCalls() {
  // The low half of the second argument: requests of ioctl() have 32 bits. Both
  // architectures are little-endian.
  constexpr size_t kRequestAt = offsetof(seccomp_data, args) + sizeof(uint64_t);
  sock_filter steps[] = {
      Load(offsetof(seccomp_data, arch)),
      IfEqual(kOwnArchitecture, 0, 4),
      Load(offsetof(seccomp_data, nr)),
      IfAnyBit(kX32Bit, 8, 0),
      IfEqual(__NR_swapon, 7, 0),
      IfEqual(__NR_ioctl, 3, 5),
      Load(offsetof(seccomp_data, nr)),
      IfEqual(kSwapon32, 4, 0),
      IfEqual(kIoctl32, 0, 2),
      Load(kRequestAt),
      IfEqual(FIFREEZE, 1, 0),
      Return(SECCOMP_RET_ALLOW),
      Return(SECCOMP_RET_ERRNO | EPERM),
  };
  const sock_fprog program = {sizeof(steps) / sizeof(steps[0]), steps};
  // The flag leaves speculation on: some processors would run everything more
  // slowly otherwise.
  const long done = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                            SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
  return done == 0 ? 0 : errno;
}

}  // namespace powercut::kernel
