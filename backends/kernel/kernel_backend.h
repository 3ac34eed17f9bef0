// The file systems of the running kernel, on a virtual disk.

#ifndef POWERCUT_BACKENDS_KERNEL_KERNEL_BACKEND_H_
#define POWERCUT_BACKENDS_KERNEL_KERNEL_BACKEND_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/backend.h"

namespace powercut::kernel {

// The program that checks one without changing it.
struct VolumeChecker {
  std::string program;  // empty: powercut knows none
  // The Debian package that has it.
  std::string package;
  // `DEVICE` stands for the device.
  std::vector<std::string> arguments;
  // Lines with one of these parts say nothing of what is wrong.
  std::vector<std::string> chatter;
  // It prints from several threads, in no order.
  bool parallel = false;
};

// How one is made and mounted.
struct KernelFileSystem {
  std::string name;  // as mount(2) and the backend call it
  // What makes it, and the Debian package that has it.
  std::string mkfs;
  std::string package;
  // Beside the file to format. `SECTOR` stands for the sector's bytes.
  std::vector<std::string> mkfs_arguments;
  std::vector<std::string> mkfs_environment;
  std::string mount_options;
  VolumeChecker checker;
  // The profile it is judged by (model/table/profile.h).
  std::string profile;
  uint64_t default_disk_bytes = 0;
  uint64_t minimum_disk_bytes = 0;
};

// In the order of their names.
const std::vector<KernelFileSystem>& KernelFileSystems();

// Why this process cannot mount it; empty: it can, if it gets a device.
std::string KernelCannotMount(const KernelFileSystem& file_system);

// What it takes to use it here that is missing, in one line; empty: nothing.
std::string KernelFileSystemLacks(const KernelFileSystem& file_system);

std::unique_ptr<Backend> MakeKernelBackend(const KernelFileSystem& file_system,
                                           FormatOptions options = {});

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_KERNEL_BACKEND_H_
