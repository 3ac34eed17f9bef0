// Byte ranges on whole sectors. A range that begins and ends with sectors goes
// straight through. Any other goes through a scratch buffer: a read takes the
// wanted part out of it, and a write first fills the sectors at its two ends,
// which it covers only in part, from the disk.

#include "harness/disk/byte_disk.h"

#include <algorithm>
#include <functional>

#include "harness/base/check.h"

namespace powercut {
namespace {

// The sectors that a byte range touches.
SectorRange SectorsTouched(uint64_t offset_bytes, uint64_t count_bytes,
                           const DiskGeometry& geometry) {
  POWERCUT_CHECK(offset_bytes <= geometry.size_bytes());
  POWERCUT_CHECK(count_bytes <= geometry.size_bytes() - offset_bytes);
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
  POWERCUT_TRY(ReadSectors(touched.first, lead_bytes, out));
  std::ranges::copy(ByteSpan(sectors_).subspan(lead_bytes, out.size()),
                    out.begin());
  return Ok{};
}

void ByteDisk::DeclareCopyTarget(std::string_view path, MutableByteSpan buffer,
                                 uint64_t offset_bytes) {
  copy_path_ = path;
  copy_buffer_ = buffer;
  copy_offset_bytes_ = offset_bytes;
  disk_.DeclareCopyTarget(path, buffer, offset_bytes);
}

bool ByteDisk::IsCopying(MutableByteSpan out) const {
  // The pointers may be of unrelated objects, which only std::less orders.
  const std::less<const std::byte*> before;
  return !copy_buffer_.empty() && !before(out.data(), copy_buffer_.data()) &&
         !before(copy_buffer_.data() + copy_buffer_.size(),
                 out.data() + out.size());
}

Status ByteDisk::ReadSectors(uint64_t first_sector, uint64_t lead_bytes,
                             MutableByteSpan out) {
  if (!IsCopying(out)) return disk_.Read(first_sector, sectors_);
  // The disk sees `sectors_` as the destination, not `out`. Unless its part is
  // declared, the read would count as one that the storage looks at.
  const auto begin = static_cast<uint64_t>(out.data() - copy_buffer_.data());
  disk_.DeclareCopyTarget(
      copy_path_, MutableByteSpan(sectors_).subspan(lead_bytes, out.size()),
      copy_offset_bytes_ + begin);
  const Status read = disk_.Read(first_sector, sectors_);
  // The caller's declaration holds again for the next read.
  disk_.DeclareCopyTarget(copy_path_, copy_buffer_, copy_offset_bytes_);
  return read;
}

Status ByteDisk::Write(uint64_t offset_bytes, ByteSpan data, Layer layer) {
  POWERCUT_CHECK(!data.empty());
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
  // What is between the first and the last sector is overwritten as a whole.
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
