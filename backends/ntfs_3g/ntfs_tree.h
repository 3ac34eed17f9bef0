// SPDX-License-Identifier: GPL-2.0-or-later
//
// Walking the tree of a mounted NTFS volume that a crash may have damaged.

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_TREE_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "backends/ntfs_3g/ntfs_volume.h"
#include "harness/disk/byte_disk.h"
#include "model/words/observation.h"

namespace powercut::ntfs_3g {

// Ends on any volume and in bounded memory: loops of directories, sizes beyond
// the disk and trees without end become unreadable entries. `disk`: the one
// that the volume is on; what the library reads of it straight to where it was
// asked to is data that it does not look at (VirtualDisk::DeclareCopyTarget()).
Observation ObserveTree(NtfsVolume& volume, ByteDisk& disk);

// Adds the paths that are not listed but can be opened; see
// Mount::AddUnlistedPaths().
void LookUpPaths(NtfsVolume& volume, const std::vector<std::string>& paths,
                 Observation& observation);

// The symbolic name of an errno value: `ENOENT`.
std::string ErrorName(int error);

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_NTFS_TREE_H_
