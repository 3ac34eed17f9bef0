// SyncCatcher: tells of each sync(2) and syncfs(2) of a program, which a file
// system behind FUSE does not hear of.

#ifndef POWERCUT_BACKENDS_KERNEL_SYNC_CATCHER_H_
#define POWERCUT_BACKENDS_KERNEL_SYNC_CATCHER_H_

#include <sys/types.h>

#include <functional>
#include <string>

namespace powercut::kernel {

// One program with all that it starts.
class SyncCatcher {
 public:
  // `synced` is called for each sync(2), and for each syncfs(2) of the file
  // system that is mounted at `folder`, while the thread that made the call
  // waits. It returns 0 or the errno value that the thread gets; the kernel
  // itself does not sync then. A syncfs(2) of another file system is made as
  // usual.
  // Throws Shortage if there are no descriptors left.
  SyncCatcher(std::string folder, std::function<int()> synced);
  SyncCatcher(const SyncCatcher&) = delete;
  SyncCatcher& operator=(const SyncCatcher&) = delete;
  ~SyncCatcher();

  // From now on the calls of this process, and of all that it starts, are told.
  // Called in the child that becomes the program; changes no memory. Returns 0
  // or an errno value.
  int Catch() const;
  // Called in the parent once the child has made its Catch(). Returns 0 or an
  // errno value.
  int Attach();

  // A descriptor that polls readable when a call waits; -1 before Attach().
  int fd() const { return listener_; }
  // Answers one call. Returns false if no process is left that could make one.
  bool Serve();

 private:
  bool IsOfVolume(pid_t thread, int descriptor) const;

  const std::string folder_;
  const std::function<int()> synced_;
  // The ends of the child and of the parent of a socket.
  int child_ = -1;
  int parent_ = -1;
  int listener_ = -1;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_SYNC_CATCHER_H_
