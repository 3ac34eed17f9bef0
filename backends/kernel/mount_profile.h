// The profile that a file system is judged by, as its options change it.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNT_PROFILE_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNT_PROFILE_H_

#include <string>

#include "backends/kernel/kernel_backend.h"

namespace powercut::kernel {

struct MountProfile {
  // The name of a profile (model/table/profile.h).
  std::string profile;
  // One line, which says why the profile is not exactly that of the options and
  // which profile judges. Empty if the profile fits, or if no option is known
  // to change what the file system promises.
  std::string note;
};

// Returns the profile of the file system with these options of mkfs and mount.
// As in mount(8), the last of several options about one thing counts. Where no
// profile promises what the options do, the profile is that of the default
// options, and the note says so. Options that this file does not know change
// nothing.
MountProfile ProfileWithOptions(const KernelFileSystem& file_system,
                                const FormatOptions& options);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNT_PROFILE_H_
