// Byte ranges on whole sectors: a read trims, a write fills the two partly
// covered sectors at its ends from the disk.

#include "harness/byte_disk.h"

#include <algorithm>

#include "harness/base/check.h"

namespace powercut {
namespace {

// The sectors that a byte range touches.
SectorRange SectorsTouched(uint64_t offset_bytes, uint64_t count_bytes,
                           const DiskGeometry& geometry) {
  CHECK(offset_bytes <= geometry.size_bytes());
  CHECK(count_bytes <= geometry.size_bytes() - offset_bytes);
  const uint64_t first = offset_bytes / geometry.sector_bytes;
  const uint64_t end =
      (offset_bytes + count_bytes + geometry.sector_bytes - 1) /
      geometry.sector_bytes;
  return {.first = first, .count = end - first};
}

}  // namespace

Status ByteDisk::Read(uint64_t offset_bytes, MutableByteSpan out) {
  const uint64_t sector_bytes = disk_.geometry().sector_bytes;
  const SectorRange touched =
      SectorsTouched(offset_bytes, out.size(), disk_.geometry());
  if (out.empty()) return Ok{};
  const uint64_t lead_bytes = offset_bytes % sector_bytes;
  if (lead_bytes == 0 && out.size() % sector_bytes == 0) {
    return disk_.Read(touched.first, out);
  }
  sectors_.resize(touched.count * sector_bytes);
  POWERCUT_TRY(disk_.Read(touched.first, sectors_));
  std::ranges::copy(ByteSpan(sectors_).subspan(lead_bytes, out.size()),
                    out.begin());
  return Ok{};
}

Status ByteDisk::Write(uint64_t offset_bytes, ByteSpan data, Layer layer) {
  CHECK(!data.empty());
  const uint64_t sector_bytes = disk_.geometry().sector_bytes;
  const SectorRange touched =
      SectorsTouched(offset_bytes, data.size(), disk_.geometry());
  const uint64_t lead_bytes = offset_bytes % sector_bytes;
  const bool partial_end = (offset_bytes + data.size()) % sector_bytes != 0;
  if (lead_bytes == 0 && !partial_end) {
    return disk_.Write(touched.first, data, layer);
  }
  sectors_.resize(touched.count * sector_bytes);
  const MutableByteSpan sectors(sectors_);
  if (lead_bytes != 0) {
    POWERCUT_TRY(disk_.Read(touched.first, sectors.first(sector_bytes)));
  }
  // One read is enough where both ends lie in the same sector.
  if (partial_end && (lead_bytes == 0 || touched.count > 1)) {
    POWERCUT_TRY(disk_.Read(touched.end() - 1, sectors.last(sector_bytes)));
  }
  std::ranges::copy(data, sectors.subspan(lead_bytes).begin());
  return disk_.Write(touched.first, sectors, layer);
}

}  // namespace powercut
