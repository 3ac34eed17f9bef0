// The words of `mount -o` and of fstab, as mount(2) takes them.

#ifndef POWERCUT_BACKENDS_KERNEL_MOUNT_OPTIONS_H_
#define POWERCUT_BACKENDS_KERNEL_MOUNT_OPTIONS_H_

#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace powercut::kernel {

struct MountOptions {
  // The flags MS_* of mount(2).
  unsigned long flags = 0;
  // What is left for the file system, separated by commas.
  std::string data;
};

// Splits options at commas (not inside double quotes). Words that mean the same
// for all file systems become flags, words that are for mount(8) or for the
// start of the system (`defaults`, `auto`, `noauto`, `nofail`, `_netdev`,
// `x-...`) are dropped, and all others are the file system's. A later word
// beats an earlier one. If no word speaks of access times, they are not kept:
// otherwise looking at a volume would change it.
// Errors: kUsage with the word and the reason if a word cannot work here.
Result<MountOptions> ParseMountOptions(std::string_view text);

// Returns the first word of `data` that the file system `type` of the running
// kernel does not take, as far as the kernel tells before it mounts. Empty if
// there is none.
std::string RefusedByKernel(const std::string& type, std::string_view data);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_MOUNT_OPTIONS_H_
