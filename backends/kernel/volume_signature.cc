// Reads the fields of superblocks that name the file system and its size. Their
// places are those of the kernel's headers of each format:
//
//   ext2/3/4  magic 0xef53 at 1024 + 56; blocks at 1024 + 4, their size at
//             1024 + 24, features from 1024 + 92 on
//   xfs       `XFSB` at 0; block size at 4, blocks at 8, both big-endian
//   btrfs     `_BHRfS_M` at 65536 + 64; bytes at 65536 + 112
//   f2fs      magic 0xf2f52010 at 1024
//   exfat     `EXFAT   ` at 3; sectors at 72, log2 of their size at 108
//   ntfs      `NTFS    ` at 3; bytes of a sector at 11, sectors at 40
//   vfat      `FAT` at 54 or 82
//
// Source: Documentation/filesystems/ext4 and fs/{xfs,btrfs,f2fs,exfat,ntfs3} of
// Linux 6.18, where these structures are declared.

#include "backends/kernel/volume_signature.h"

#include <algorithm>
#include <string_view>

namespace powercut::kernel {
namespace {

// The bytes of a disk as numbers and texts. What lies beyond the disk is zero.
class DiskFields {
 public:
  explicit DiskFields(const SparseImage& disk) : disk_(disk) {}

  uint64_t Little(uint64_t offset, size_t bytes) const {
    uint64_t value = 0;
    for (size_t i = bytes; i > 0; --i)
      value = value << 8 | Byte(offset + i - 1);
    return value;
  }
  uint64_t Big(uint64_t offset, size_t bytes) const {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | Byte(offset + i);
    return value;
  }
  bool Has(uint64_t offset, std::string_view text) const {
    for (size_t i = 0; i < text.size(); ++i) {
      if (Byte(offset + i) != static_cast<uint8_t>(text[i])) return false;
    }
    return true;
  }

 private:
  uint8_t Byte(uint64_t offset) const {
    std::byte value{};
    if (offset < disk_.size_bytes()) {
      disk_.Read(offset, MutableByteSpan(&value, 1));
    }
    return static_cast<uint8_t>(value);
  }

  const SparseImage& disk_;
};

FoundVolume Ext(const DiskFields& disk) {
  constexpr uint64_t kAt = 1024;
  const uint64_t compatible = disk.Little(kAt + 92, 4);
  const uint64_t incompatible = disk.Little(kAt + 96, 4);
  constexpr uint64_t kJournal = 0x4;
  constexpr uint64_t kExtents = 0x40;
  constexpr uint64_t k64Bit = 0x80;
  const bool ext4 = (incompatible & (kExtents | k64Bit)) != 0;
  uint64_t blocks = disk.Little(kAt + 4, 4);
  if ((incompatible & k64Bit) != 0) blocks |= disk.Little(kAt + 336, 4) << 32;
  const uint64_t shift = std::min<uint64_t>(disk.Little(kAt + 24, 4), 6);
  const bool journal = (compatible & kJournal) != 0;
  return {ext4 ? "ext4" : journal ? "ext3" : "ext2", blocks << (10 + shift)};
}

FoundVolume Exfat(const DiskFields& disk) {
  const uint64_t shift = std::min<uint64_t>(disk.Little(108, 1), 12);
  return {"exfat", disk.Little(72, 8) << shift};
}

}  // namespace

std::optional<FoundVolume> FindVolume(const SparseImage& image) {
  const DiskFields disk(image);
  if (disk.Little(1024 + 56, 2) == 0xef53) return Ext(disk);
  if (disk.Has(0, "XFSB")) {
    return FoundVolume{"xfs", disk.Big(4, 4) * disk.Big(8, 8)};
  }
  if (disk.Has(65536 + 64, "_BHRfS_M")) {
    return FoundVolume{"btrfs", disk.Little(65536 + 112, 8)};
  }
  if (disk.Little(1024, 4) == 0xf2f52010) return FoundVolume{"f2fs", 0};
  if (disk.Has(3, "EXFAT   ")) return Exfat(disk);
  if (disk.Has(3, "NTFS    ")) {
    return FoundVolume{"ntfs", disk.Little(11, 2) * disk.Little(40, 8)};
  }
  if (disk.Has(54, "FAT") || disk.Has(82, "FAT")) return FoundVolume{"vfat", 0};
  if (disk.Has(0, "LUKS\xba\xbe")) return FoundVolume{"a LUKS volume", 0};
  if (disk.Has(512, "EFI PART") || disk.Little(510, 2) == 0xaa55) {
    return FoundVolume{"a partition table", 0};
  }
  return std::nullopt;
}

}  // namespace powercut::kernel
