// The words of the marks in powercut's own logs. docs/trace_file.md 3 has the
// grammar and the meaning of each.

#ifndef POWERCUT_HARNESS_TRACE_MARKS_H_
#define POWERCUT_HARNESS_TRACE_MARKS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "harness/base/bytes.h"

namespace powercut {

// The version of the format that this powercut writes, and the only one that it
// reads.
inline constexpr uint64_t kTraceVersion = 1;

// The beginning of all marks of powercut. A mark of a trace whose text begins
// with it is stored after kUserMark, so that it cannot be taken for one of the
// marks below; every other text is stored as it is.
inline constexpr std::string_view kOurs = "powercut:";
inline constexpr std::string_view kTraceMark = "powercut:trace version=";
inline constexpr std::string_view kAboutMark = "powercut:about ";
inline constexpr std::string_view kBaseEndMark = "powercut:base-end";
inline constexpr std::string_view kLayerMark = "powercut:layer ";
inline constexpr std::string_view kPersistMark = "powercut:persist to=";
inline constexpr std::string_view kUserMark = "powercut:mark ";
inline constexpr std::string_view kContinuationMark = "powercut:+";
inline constexpr std::string_view kEndMark = "powercut:end entries=";

// The mark with which the kernel's target log-writes ends a log.
inline constexpr std::string_view kKernelEndMark = "dm-log-writes-end";

// The text of the mark that ends a log after `count` entries: their count and
// the checksum of their bytes. `log_bytes` is the log up to the end mark: one
// sector for the superblock, and then the entries.
// Requires: log_bytes.size() >= sector_bytes. O(log_bytes).
std::string EndMarkText(size_t count, ByteSpan log_bytes,
                        uint32_t sector_bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_TRACE_MARKS_H_
