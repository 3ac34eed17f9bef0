// Lists the names of a mounted volume without opening any file.

#ifndef POWERCUT_BACKENDS_KERNEL_VOLUME_WALK_H_
#define POWERCUT_BACKENDS_KERNEL_VOLUME_WALK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/disk/volume_map.h"

namespace powercut::kernel {

struct WalkedVolume {
  VolumeLook look;
  // The inode numbers of the entries of `look`, in the same order.
  std::vector<uint64_t> inodes;
};

// Lists at most `entries_max` names below `root`, sorted by path. Files are not
// opened: ext4 and xfs begin to write back some files when a descriptor of
// them is closed, so that opening would change what a recording holds. A name
// that cannot be looked up is left out. The calls can wait for the device.
WalkedVolume WalkVolume(const std::string& root, size_t entries_max);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_VOLUME_WALK_H_
