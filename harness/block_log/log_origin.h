// Who wrote a dm-log-writes log: what a flush in it covers differs.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_LOG_ORIGIN_H_
#define POWERCUT_HARNESS_BLOCK_LOG_LOG_ORIGIN_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace powercut {

enum class LogOrigin : uint8_t {
  kKernel,  // the device mapper's target log-writes
  kQemu,    // QEMU's block driver blklogwrites
};

constexpr std::string_view LogOriginName(LogOrigin origin) {
  return origin == LogOrigin::kKernel ? "kernel" : "qemu";
}

constexpr std::optional<LogOrigin> LogOriginFromName(std::string_view name) {
  for (const LogOrigin origin : {LogOrigin::kKernel, LogOrigin::kQemu}) {
    if (name == LogOriginName(origin)) return origin;
  }
  return std::nullopt;
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_LOG_ORIGIN_H_
