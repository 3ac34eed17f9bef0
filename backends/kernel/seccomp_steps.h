// Steps of seccomp filters: programs of a few steps that the kernel runs before
// each system call.

#ifndef POWERCUT_BACKENDS_KERNEL_SECCOMP_STEPS_H_
#define POWERCUT_BACKENDS_KERNEL_SECCOMP_STEPS_H_

#include <linux/audit.h>
#include <linux/filter.h>

#include <cstddef>
#include <cstdint>

namespace powercut::kernel {

// The architecture of which this program makes calls.
#if defined(__x86_64__)
inline constexpr uint32_t kOwnArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
inline constexpr uint32_t kOwnArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "powercut's kernel backends know x86-64 and AArch64"
#endif

// Loads a word of seccomp_data.
constexpr sock_filter Load(size_t offset_bytes) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                  static_cast<uint32_t>(offset_bytes));
}
// Skips `yes` steps if the loaded word is `value`, else `no` steps.
constexpr sock_filter IfEqual(uint32_t value, uint8_t yes, uint8_t no) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}
// Skips `yes` steps if the loaded word has one of the bits, else `no` steps.
constexpr sock_filter IfAnyBit(uint32_t bits, uint8_t yes, uint8_t no) {
  return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, yes, no);
}
constexpr sock_filter Return(uint32_t action) {
  return BPF_STMT(BPF_RET | BPF_K, action);
}

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_SECCOMP_STEPS_H_
