// Walks the tree of a mounted NTFS volume that a crash may have damaged.

#ifndef POWERCUT_BACKENDS_NTFS_3G_NTFS_TREE_H_
#define POWERCUT_BACKENDS_NTFS_3G_NTFS_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "backends/ntfs_3g/ntfs_module.h"
#include "harness/disk/byte_disk.h"
#include "model/words/observation.h"

namespace powercut::ntfs_3g {

// Returns the whole tree with its contents, sorted by path. The walk ends on
// any volume and needs bounded memory: a loop of directories and a size beyond
// the disk become unreadable entries, and too many names, or too many bytes in
// all, an unreadable observation. `disk` is the disk that the volume is on:
// what the library reads of it straight into a file's content is declared as
// data that is only copied (VirtualDisk::DeclareCopyTarget()).
Observation ObserveTree(const NtfsCalls& calls, NtfsVolume& volume,
                        ByteDisk& disk);

// Adds to `observation` each of `paths` that it does not list and that can be
// opened, as Mount::AddUnlistedPaths() does.
void LookUpPaths(const NtfsCalls& calls, NtfsVolume& volume,
                 const std::vector<std::string>& paths,
                 Observation& observation);

// Returns the symbolic name of an errno value, such as `ENOENT`, or `E` and the
// number if it has no name.
std::string ErrorName(int error);

}  // namespace powercut::ntfs_3g

#endif  // POWERCUT_BACKENDS_NTFS_3G_NTFS_TREE_H_
