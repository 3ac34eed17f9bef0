// CopyMode: what is done about data that recovery only copies into the
// observation (harness/recover/run_reads.h).

#ifndef POWERCUT_HARNESS_EXPLORE_COPY_MODE_H_
#define POWERCUT_HARNESS_EXPLORE_COPY_MODE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace powercut {

enum class CopyMode : uint8_t {
  kAsRead,    // It counts as read: other contents need another run.
  kFillIn,    // Other contents are filled in, without a run.
  kVaryEach,  // The same, and each such block is varied by itself.
};

// `read`, `filled`, `apart`: the words of the command line and of reports.
std::string_view CopyModeName(CopyMode mode);
// `std::nullopt` if no mode has this name.
std::optional<CopyMode> CopyModeFromName(std::string_view name);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_EXPLORE_COPY_MODE_H_
