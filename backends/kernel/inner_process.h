// StartInnerProcess(): the first process of a PID namespace, in a mount
// namespace of the process that owns it.

#ifndef POWERCUT_BACKENDS_KERNEL_INNER_PROCESS_H_
#define POWERCUT_BACKENDS_KERNEL_INNER_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "harness/base/result.h"

namespace powercut::kernel {

struct InnerProcess {
  pid_t pid = 0;
  // The owner's end of a MessageSocketPair().
  int socket = -1;
};

// The error for something that the system refused: `what` and the text of
// errno, with the remedy for a shortage, or else with `remedy`.
Error MissingHere(std::string_view what, std::string_view remedy);

// Gives this process a mount namespace of its own, so that no other process
// sees what is mounted here, with a tmpfs at kPlaceFolder that has the folders
// kShimFolder, with the permissions `shim_mode`, and kVolumeFolder.
// Errors: kMissing, with `remedy`.
Status EnterMountNamespace(mode_t shim_mode, std::string_view remedy);

// Forks the first process of a new PID namespace, in which `run` is called with
// its end of the socket. All that the process starts ends with it, and it ends
// with its owner, even if the owner is killed.
// Errors: kMissing, with `remedy`.
Result<InnerProcess> StartInnerProcess(void (*run)(int socket),
                                       std::string_view remedy);

// The error for a process that is gone. `what` says which one, such as `the
// process that mounts the disk`; `status` is that of waitpid(), if it is known.
Error GoneError(std::string_view what, std::optional<int> status);

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_INNER_PROCESS_H_
