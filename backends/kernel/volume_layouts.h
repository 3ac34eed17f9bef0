// What each file system keeps beside the contents of files, and where: tables
// of inodes, journals, headers, trees.

#ifndef POWERCUT_BACKENDS_KERNEL_VOLUME_LAYOUTS_H_
#define POWERCUT_BACKENDS_KERNEL_VOLUME_LAYOUTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "harness/base/bytes.h"
#include "harness/disk/volume_map.h"

namespace powercut::kernel {

// The paths of each inode; a file may have several names.
using PathsByInode = std::map<uint64_t, std::vector<std::string>>;

// The words for a place that holds the inodes of `paths`: at most three of
// them are named.
std::string InodesOf(const std::vector<std::string>& paths);

// Reads `out.size()` bytes of a device or file. Returns whether all were there.
bool ReadAt(int fd, uint64_t offset_bytes, MutableByteSpan out);

// Each adds the parts of one file system to `map`, with a note for what cannot
// be found. `root` is a descriptor of the root directory of the mounted volume,
// and `device` one of its device.
void AddExtParts(int root, int device, const PathsByInode& paths,
                 VolumeMap& map);
void AddXfsParts(int device, const PathsByInode& paths, VolumeMap& map);
// btrfs addresses contents by numbers of its own, which FIEMAP reports. The
// function replaces those that are in the parts of `map` by places on the
// device.
void AddBtrfsParts(int root, VolumeMap& map);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_VOLUME_LAYOUTS_H_
