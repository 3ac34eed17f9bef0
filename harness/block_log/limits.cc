// Checks the numbers of a trace file before anything is allocated for them. A
// file is input from outside: a damaged or hostile one may name any geometry,
// any range and any number of persisted sectors.

#include "harness/block_log/limits.h"

#include <fmt/format.h>

#include <bit>

#include "harness/base/limits.h"

namespace powercut {
namespace {

// A sector set keeps its sectors in containers of 65536 each. A full container
// takes about 80 bytes however many sectors a range names, so that the budget
// of 2^20 containers bounds the sets of one trace to about 80 MiB. Containers
// that are not full are not counted: each costs its file some bytes of text.
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
  // Comparing with what is left after `first` cannot overflow; the sum of
  // `first` and `count` could.
  if (range.first > geometry.sector_count ||
      range.count > geometry.sector_count - range.first) {
    return fmt::format("sectors {}+{} lie beyond the disk's {} sectors",
                       range.first, range.count, geometry.sector_count);
  }
  return "";
}

bool ScopeBudget::Take(uint64_t sectors) {
  // Rounding down makes the parts of a set cost no more than the whole set: a
  // trace that was taken set by set on writing is taken range by range on
  // reading.
  blocks_ += sectors / kScopeBlockSectors;
  return blocks_ <= kScopeBlocksMax;
}

}  // namespace powercut
