// kSanitized: whether this build has a sanitizer. Sanitizers reserve terabytes
// of address space and make a program much slower, so that the bound on a
// worker's memory and the sizes of tests depend on it.

#ifndef POWERCUT_HARNESS_BASE_SANITIZER_H_
#define POWERCUT_HARNESS_BASE_SANITIZER_H_

namespace powercut {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BASE_SANITIZER_H_
