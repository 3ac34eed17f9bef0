// The file systems of the running kernel, on a virtual disk: the table of what
// powercut knows of each, and the backend.

#ifndef POWERCUT_BACKENDS_KERNEL_KERNEL_BACKEND_H_
#define POWERCUT_BACKENDS_KERNEL_KERNEL_BACKEND_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backend.h"

namespace powercut::kernel {

// The program that checks a file system without changing it.
struct VolumeChecker {
  std::string program;  // Empty if powercut knows none.
  // The Debian package that has the program.
  std::string package;
  // The word kDeviceWord stands for the device.
  std::vector<std::string> arguments;
  // A line that contains one of these texts does not say what is wrong.
  std::vector<std::string> chatter;
  // True if the program prints from several threads, so that the order of its
  // lines changes from run to run.
  bool parallel = false;
};

// How a file system is made, mounted, checked and judged.
struct KernelFileSystem {
  // The name of the backend, and the type for mount(2).
  std::string name;
  // The program that formats a disk, and the Debian package that has the
  // program.
  std::string mkfs;
  std::string package;
  // The arguments before those of --mkfs and the file to format.
  std::vector<std::string> mkfs_arguments;
  std::vector<std::string> mkfs_environment;  // NAME=VALUE
  std::string mount_options;                  // separated by commas
  VolumeChecker checker;
  // The profile by which it is judged (model/table/profile.h).
  std::string profile;
  uint64_t default_disk_bytes = 0;
  uint64_t minimum_disk_bytes = 0;
};

// All rows of the table, in the order of their names. They live as long as the
// process.
const std::vector<KernelFileSystem>& KernelFileSystems();

// Returns why this process cannot mount the file system: it is not root, or the
// kernel does not know the type. Empty if it can, given a device.
std::string KernelCannotMount(const KernelFileSystem& file_system);

// Returns the first thing that is missing to format and mount the file system
// here, in one line. Empty if all is there.
std::string KernelFileSystemLacks(const KernelFileSystem& file_system);

// Returns a new instance, which formats and mounts with `options` beside those
// of the table. `file_system` must outlive the backend. Process and device
// start with the first mount or check, and end with ReleaseHelpers() or the
// backend. Where they start, the calling process must have no other threads
// (Mounter::Start()).
std::unique_ptr<Backend> MakeKernelBackend(const KernelFileSystem& file_system,
                                           FormatOptions options = {});

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_KERNEL_BACKEND_H_
