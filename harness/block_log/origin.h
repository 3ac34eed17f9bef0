// Who wrote a dm-log-writes log: what a flush in it covers differs.

#ifndef POWERCUT_HARNESS_BLOCK_LOG_ORIGIN_H_
#define POWERCUT_HARNESS_BLOCK_LOG_ORIGIN_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace powercut {

enum class BlockLogOrigin : uint8_t {
  kKernel,  // the device mapper's target log-writes
  kQemu,    // QEMU's block driver blklogwrites
};

constexpr std::string_view BlockLogOriginName(BlockLogOrigin origin) {
  return origin == BlockLogOrigin::kKernel ? "kernel" : "qemu";
}

constexpr std::optional<BlockLogOrigin> BlockLogOriginFromName(
    std::string_view name) {
  for (const BlockLogOrigin origin :
       {BlockLogOrigin::kKernel, BlockLogOrigin::kQemu}) {
    if (name == BlockLogOriginName(origin)) return origin;
  }
  return std::nullopt;
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_BLOCK_LOG_ORIGIN_H_
