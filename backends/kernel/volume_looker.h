// VolumeLooker: a process that lists the names of the mounted volume while a
// program runs in it. The owner of the disk must not do so itself, because it
// has to serve the disk meanwhile, and the mounter waits for the program.

#ifndef POWERCUT_BACKENDS_KERNEL_VOLUME_LOOKER_H_
#define POWERCUT_BACKENDS_KERNEL_VOLUME_LOOKER_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "harness/disk/volume_map.h"

namespace powercut::kernel {

class VolumeLooker {
 public:
  // Forks the process, which looks at kVolumeFolder. It closes `descriptors`
  // at once: those of this process that must close when this process dies.
  // Requires: the calling process has no other threads, and is in the mount
  // namespace of its mounter.
  // Returns `nullptr` if no process can be made.
  static std::unique_ptr<VolumeLooker> Start(std::span<const int> descriptors);
  VolumeLooker(const VolumeLooker&) = delete;
  VolumeLooker& operator=(const VolumeLooker&) = delete;
  // Ends the process.
  ~VolumeLooker();

  // Asks for a look at no more than `entries_max` names. Returns whether the
  // process is there to answer.
  bool Ask(size_t entries_max);
  // Polls readable when the answer is there, or when the process is gone.
  int fd() const { return socket_; }
  // Takes the answer. `std::nullopt` if the process is gone.
  std::optional<VolumeLook> Take();

 private:
  VolumeLooker(pid_t process, int socket)
      : process_(process), socket_(socket) {}

  pid_t process_;
  int socket_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_VOLUME_LOOKER_H_
