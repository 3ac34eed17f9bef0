// Tells by its first bytes what is on a disk.

#ifndef POWERCUT_BACKENDS_KERNEL_VOLUME_SIGNATURE_H_
#define POWERCUT_BACKENDS_KERNEL_VOLUME_SIGNATURE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/disk/sparse_image.h"

namespace powercut::kernel {

struct FoundVolume {
  // The type for mount(2), `ntfs`, or what else the disk holds, such as `a
  // partition table`.
  std::string type;
  // The size that the superblock names; 0 if it is not known.
  uint64_t size_bytes = 0;
};

// Looks for the signatures of the file systems that powercut knows, of
// partition tables and of LUKS. `std::nullopt` if there is none. Nothing but
// the signature and the size is believed or checked. O(1).
std::optional<FoundVolume> FindVolume(const SparseImage& disk);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_VOLUME_SIGNATURE_H_
