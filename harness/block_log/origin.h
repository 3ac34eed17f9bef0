// BlockLogOrigin says who wrote a dm-log-writes log. The two known writers mean
// different things by the same bytes, such as which writes a flush covers
// (docs/trace_file.md 5).

#ifndef POWERCUT_HARNESS_BLOCK_LOG_ORIGIN_H_
#define POWERCUT_HARNESS_BLOCK_LOG_ORIGIN_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace powercut {

enum class BlockLogOrigin : uint8_t {
  // The device mapper's target log-writes.
  kKernel,
  // QEMU's block driver blklogwrites.
  kQemu,
};

// The word for `origin` on the command line and in trace files.
constexpr std::string_view BlockLogOriginName(BlockLogOrigin origin) {
  return origin == BlockLogOrigin::kKernel ? "kernel" : "qemu";
}

// The origin with that name; `std::nullopt` if there is none.
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
