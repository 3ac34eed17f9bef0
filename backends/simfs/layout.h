// Where things lie on a simfs disk, and its superblock.
//
//   sector 0   superblock: magic, version, nonce, profile, the numbers below
//   sector 1   how many segments of the record area are in use
//   8 .. 71    the raw part, sector S of `disk_write` at 8 + S
//   72 ..      records, in segments of 64 sectors
//   then       data sectors that read as zeros when new
//   then       data sectors that hold kOldByte when new

#ifndef POWERCUT_BACKENDS_SIMFS_LAYOUT_H_
#define POWERCUT_BACKENDS_SIMFS_LAYOUT_H_

#include <cstdint>
#include <memory>
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
// "Previous contents of the disk".
inline constexpr std::byte kOldByte{0xa5};

struct SimfsLayout {
  uint64_t nonce = 0;  // of this formatting
  std::string profile;
  uint64_t segment_count = 0;
  uint64_t zero_first = 0;  // data sectors that are zeros when new
  uint64_t zero_count = 0;
  uint64_t old_first = 0;  // data sectors that are old contents when new
  uint64_t old_count = 0;

  bool operator==(const SimfsLayout&) const = default;
};

// A freshly formatted disk.
// Requires: sectors of 512 bytes, a disk of at least 128 KiB, a profile of
// rules.h.
std::shared_ptr<const SparseImage> FormatSimfs(const DiskGeometry& geometry,
                                               const std::string& profile);

// Errors: kIo; kBadInput: there is no simfs on the disk.
Result<SimfsLayout> ReadSimfsLayout(VirtualDisk& disk);

}  // namespace powercut::simfs

#endif  // POWERCUT_BACKENDS_SIMFS_LAYOUT_H_
