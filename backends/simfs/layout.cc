// Computes the layout of a simfs disk, formats it, and reads its superblock.
//
// Every number of the superblock follows from the geometry and the profile.
// ReadSimfsLayout() therefore takes the name of the profile from the disk,
// computes the superblock that formatting would have written, and compares all
// of it, instead of checking number by number.

#include "backends/simfs/layout.h"

#include <algorithm>

#include "backends/simfs/profile_rules.h"
#include "harness/base/check.h"
#include "harness/disk/content_hash.h"

namespace powercut::simfs {
namespace {

constexpr uint64_t kMagic = 0x31736673696d6673;
// Old contents are bytes of the base image, of which every process that runs
// states has a copy, and which every saved trace has. So a large disk has no
// more of them than 16 MiB, and one on which programs run no more than 1 MiB.
constexpr uint64_t kProgramDiskSectors = (256 << 20) / kSimfsSectorBytes;
uint64_t OldSectorsMax(uint64_t sectors) {
  const uint64_t bytes = sectors < kProgramDiskSectors ? 16 << 20 : 1 << 20;
  return bytes / kSimfsSectorBytes;
}
// The numbers come after the magic and the checksum, 8 bytes each.
constexpr size_t kNumbersAt = 16;
constexpr size_t kProfileAt = 128;

SimfsLayout LayoutFor(const DiskGeometry& geometry,
                      const std::string& profile) {
  SimfsLayout layout;
  layout.profile = profile;
  layout.nonce = HashBytes(AsBytes(profile), geometry.sector_count).low;
  // Records are never freed and every effect writes at least one, so that half
  // of the disk is theirs.
  const uint64_t sectors = geometry.sector_count - kFirstRecordSector;
  layout.segment_count = std::max<uint64_t>(1, sectors / 2 / kSegmentSectors);
  layout.zero_first =
      kFirstRecordSector + layout.segment_count * kSegmentSectors;
  const uint64_t data = geometry.sector_count - layout.zero_first;
  // Where new space is stale, writes take new space from the old part, so that
  // the old part is made the larger one.
  const ProfileRules* rules = FindProfileRules(profile);
  POWERCUT_CHECK(rules != nullptr);
  const uint64_t zeros = rules->new_space_is_stale ? data / 4 : data * 3 / 4;
  layout.old_count =
      std::min(data - zeros, OldSectorsMax(geometry.sector_count));
  layout.zero_count = data - layout.old_count;
  layout.old_first = layout.zero_first + layout.zero_count;
  return layout;
}

Bytes EncodeLayout(const SimfsLayout& layout) {
  POWERCUT_CHECK(layout.profile.size() < kSimfsSectorBytes - kProfileAt);
  Bytes sector(kSimfsSectorBytes);
  StoreLittleEndian(sector, 0, kMagic);
  size_t at = kNumbersAt;
  for (const uint64_t number :
       {layout.nonce, layout.segment_count, layout.zero_first,
        layout.zero_count, layout.old_first, layout.old_count}) {
    StoreLittleEndian(sector, at, number);
    at += sizeof(number);
  }
  std::copy_n(AsBytes(layout.profile).begin(), layout.profile.size(),
              sector.begin() + kProfileAt);
  StoreLittleEndian(sector, 8, HashBytes(sector, kMagic).low);
  return sector;
}

}  // namespace

std::shared_ptr<const SparseImage> FormatSimfs(const DiskGeometry& geometry,
                                               const std::string& profile) {
  const SimfsLayout layout = LayoutFor(geometry, profile);
  auto image = std::make_shared<SparseImage>(geometry.size_bytes());
  image->Write(0, EncodeLayout(layout));
  Bytes used(kSimfsSectorBytes);
  StoreLittleEndian<uint64_t>(used, 0, 1);
  image->Write(kSegmentsUsedSector * kSimfsSectorBytes, used);
  const Bytes old(layout.old_count * kSimfsSectorBytes, kOldByte);
  image->Write(layout.old_first * kSimfsSectorBytes, old);
  return image;
}

std::optional<SimfsLayout> ParseSimfsLayout(ByteSpan sector,
                                            const DiskGeometry& geometry) {
  const std::string_view text = AsText(sector).substr(kProfileAt);
  const std::string profile(text.substr(0, text.find('\0')));
  if (FindProfileRules(profile) == nullptr) return std::nullopt;
  SimfsLayout layout = LayoutFor(geometry, profile);
  if (!std::ranges::equal(EncodeLayout(layout), sector)) return std::nullopt;
  return layout;
}

Result<SimfsLayout> ReadSimfsLayout(VirtualDisk& disk) {
  const Error none{ErrorCode::kBadInput, "mount: no simfs on the disk"};
  if (disk.geometry().sector_bytes != kSimfsSectorBytes) return none;
  Bytes sector(kSimfsSectorBytes);
  POWERCUT_TRY(disk.Read(0, sector));
  auto layout = ParseSimfsLayout(sector, disk.geometry());
  if (!layout) return none;
  return std::move(*layout);
}

}  // namespace powercut::simfs
