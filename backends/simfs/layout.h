// Says where things lie on a simfs disk, formats the disk, and reads its
// superblock.
//
//   sector 0   the superblock: magic, checksum, the numbers of SimfsLayout, and
//              the name of the profile
//   sector 1   how many segments of the record area are in use
//   8 to 71    the raw part: sector S of `disk_write` lies at 8 + S
//   from 72    records, in segments of 64 sectors
//   then       data sectors that hold zeros when new
//   then       data sectors that hold kOldByte when new, at most 16 MiB, and
//              at most 1 MiB where the disk has 256 MiB or more
//
// Sectors 2 to 7 are unused.

#ifndef POWERCUT_BACKENDS_SIMFS_LAYOUT_H_
#define POWERCUT_BACKENDS_SIMFS_LAYOUT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "harness/base/bytes.h"
#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::simfs {

inline constexpr uint64_t kSimfsSectorBytes = 512;
inline constexpr uint64_t kSegmentSectors = 64;
inline constexpr uint64_t kRawSectors = 64;
inline constexpr uint64_t kSegmentsUsedSector = 1;
inline constexpr uint64_t kFirstRawSector = 8;
inline constexpr uint64_t kFirstRecordSector = kFirstRawSector + kRawSectors;
// The byte that stands for the previous contents of the disk.
inline constexpr std::byte kOldByte{0xa5};

struct SimfsLayout {
  // Seeds the checksums of records. The nonce follows from the profile and the
  // size of the disk, so that formatting gives the same bytes every time.
  uint64_t nonce = 0;
  std::string profile;
  uint64_t segment_count = 0;
  // The data sectors that are zeros when new.
  uint64_t zero_first = 0;
  uint64_t zero_count = 0;
  // The data sectors that hold old contents when new.
  uint64_t old_first = 0;
  uint64_t old_count = 0;

  bool operator==(const SimfsLayout&) const = default;
};

// Returns a freshly formatted disk: the same bytes for the same geometry and
// profile, always.
// Requires: sectors of 512 bytes, a disk of at least 128 KiB, and a profile of
// AllProfileRules().
std::shared_ptr<const SparseImage> FormatSimfs(const DiskGeometry& geometry,
                                               const std::string& profile);

// Reads a superblock from its sector. `std::nullopt` if the sector holds no
// superblock of a simfs that was formatted for this disk.
std::optional<SimfsLayout> ParseSimfsLayout(ByteSpan sector,
                                            const DiskGeometry& geometry);

// Reads the superblock.
// Errors: kIo; kBadInput if the disk holds no simfs, or one that was formatted
// for a disk of another size.
Result<SimfsLayout> ReadSimfsLayout(VirtualDisk& disk);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_LAYOUT_H_
