// Maps a mounted volume: which place of its device belongs to which file,
// directory, inode or journal.

#ifndef POWERCUT_BACKENDS_KERNEL_VOLUME_PARTS_H_
#define POWERCUT_BACKENDS_KERNEL_VOLUME_PARTS_H_

#include <string>

#include "harness/disk/volume_map.h"

namespace powercut::kernel {

// Maps the volume mounted at `root`, whose device is `device` and whose file
// system has the type `type`. Contents are found by FIEMAP; directories, inodes
// and journals as each of ext2, ext3, ext4, xfs and btrfs keeps them. What
// cannot be found is a note of the map. At most kMappedEntriesMax names are
// mapped. The calls can wait for the device.
// Requires: nothing of the volume is dirty, as after a mount.
inline constexpr size_t kMappedEntriesMax = 1 << 14;
VolumeMap MapVolume(const std::string& root, const std::string& device,
                    const std::string& type);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_VOLUME_PARTS_H_
