// SPDX-License-Identifier: GPL-2.0-or-later
//
// Formatting an NTFS disk with the program mkntfs; the library cannot.

#ifndef POWERCUT_BACKENDS_NTFS_3G_MKNTFS_H_
#define POWERCUT_BACKENDS_NTFS_3G_MKNTFS_H_

#include <cstdint>
#include <string>

#include "harness/base/result.h"
#include "harness/disk/sparse_image.h"
#include "harness/disk/virtual_disk.h"

namespace powercut::ntfs_3g {

// mkntfs wants 1 MiB without the last sector, which holds the spare boot
// sector. Measured: 1 MiB is refused and this accepted at every sector size.
inline constexpr uint64_t kMkntfsMinimumBytes = (1u << 20) + 4096;

// The path of mkntfs, or nothing if it is not installed.
std::string FindMkntfs();

// The same bytes for the same geometry, always.
// Errors: kMissing (mkntfs), kBadInput (mkntfs refuses the geometry), kIo.
Result<SparseImage> RunMkntfs(const DiskGeometry& geometry);

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_MKNTFS_H_
