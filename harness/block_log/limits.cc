#include "harness/block_log/limits.h"

#include <fmt/format.h>

#include <bit>

#include "harness/base/limits.h"

namespace powercut {
namespace {

constexpr uint64_t kScopeBlockSectors = 65536;
constexpr uint64_t kScopeBlocksMax = uint64_t{1} << 20;

}  // namespace

std::string GeometryProblem(uint64_t sector_bytes, uint64_t sector_count) {
  if (!std::has_single_bit(sector_bytes) || sector_bytes < 512 ||
      sector_bytes > 4096) {
    return fmt::format("a trace has sectors of 512 to 4096 bytes, not {}",
                       sector_bytes);
  }
  if (sector_count > kDiskBytesMax / sector_bytes) {
    return fmt::format("a disk of {} sectors of {} bytes is over 2 TiB",
                       sector_count, sector_bytes);
  }
  return "";
}

std::string RangeProblem(const SectorRange& range,
                         const DiskGeometry& geometry) {
  if (range.count == 0) return "an entry of no sectors";
  if (range.first > geometry.sector_count ||
      range.count > geometry.sector_count - range.first) {
    return fmt::format("sectors {}+{} lie beyond the disk's {} sectors",
                       range.first, range.count, geometry.sector_count);
  }
  return "";
}

bool ScopeBudget::Take(uint64_t sectors) {
  blocks_ += sectors / kScopeBlockSectors;
  return blocks_ <= kScopeBlocksMax;
}

}  // namespace powercut
