// Runs a program of the user's in the mounted volume, for a request of the
// owner of the disk.

#ifndef POWERCUT_BACKENDS_KERNEL_VOLUME_PROGRAM_H_
#define POWERCUT_BACKENDS_KERNEL_VOLUME_PROGRAM_H_

#include "backends/kernel/call_catcher.h"
#include "backends/kernel/mounter_messages.h"
#include "harness/backend.h"

namespace powercut::kernel {

// What a quiet program prints goes here.
inline constexpr const char* kOutputFile = "/mnt/output";

// Does a request of kind kRun, to the end of the program. What it left running
// is killed.
// Requires: this is the first process of its PID namespace, and no other
// process of the namespace is to live on; a volume is mounted at kVolumeFolder.
// `catcher` hears of some of its calls; it may be `nullptr`.
CommandEnd RunInVolume(const MounterRequest& request, CallCatcher* catcher);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_VOLUME_PROGRAM_H_
