// Formats an NTFS disk with the program mkntfs, since the library cannot.

#ifndef POWERCUT_BACKENDS_NTFS_3G_MKNTFS_H_
#define POWERCUT_BACKENDS_NTFS_3G_MKNTFS_H_

#include <cstdint>
#include <string>

#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::ntfs_3g {

// The smallest disk that is offered. mkntfs wants 1 MiB without the last
// sector, which holds the spare boot sector. Measured: mkntfs refuses 1 MiB and
// accepts this size at every sector size.
inline constexpr uint64_t kMkntfsMinimumBytes = (1u << 20) + 4096;

// Returns the path of mkntfs. Empty if it is not installed.
std::string FindMkntfs();

// Returns a freshly formatted disk, with the same bytes for the same geometry.
// Errors: kMissing if mkntfs is not installed; kBadInput if mkntfs refuses the
// geometry; kIo if mkntfs cannot be run.
Result<SparseImage> RunMkntfs(const DiskGeometry& geometry);

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_MKNTFS_H_
