// The marks of powercut's own logs, as docs/trace_file.md has
// them.

#ifndef POWERCUT_HARNESS_TRACE_MARKS_H_
#define POWERCUT_HARNESS_TRACE_MARKS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/bytes.h"

namespace powercut {

inline constexpr uint64_t kTraceVersion = 1;

// All marks of ours begin with this; so does no mark of a user, once escaped.
inline constexpr std::string_view kOurs = "powercut:";
inline constexpr std::string_view kTraceMark = "powercut:trace version=";
inline constexpr std::string_view kAboutMark = "powercut:about ";
inline constexpr std::string_view kBaseEndMark = "powercut:base-end";
inline constexpr std::string_view kLayerMark = "powercut:layer ";
inline constexpr std::string_view kPersistMark = "powercut:persist to=";
inline constexpr std::string_view kUserMark = "powercut:mark ";
inline constexpr std::string_view kContinuationMark = "powercut:+";
inline constexpr std::string_view kEndMark = "powercut:end entries=";

// What the kernel ends a log with.
inline constexpr std::string_view kKernelEndMark = "dm-log-writes-end";

// The end mark behind `count` entries. `log_bytes` is a log that ends there.
std::string EndMarkText(size_t count, ByteSpan log_bytes,
                        uint32_t sector_bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_MARKS_H_
