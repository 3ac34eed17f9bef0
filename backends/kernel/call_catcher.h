// CallCatcher: tells of the calls of a program that a file system behind FUSE
// does not hear of: sync(2), syncfs(2), and mmap(2) with MAP_SHARED.

#ifndef POWERCUT_BACKENDS_KERNEL_CALL_CATCHER_H_
#define POWERCUT_BACKENDS_KERNEL_CALL_CATCHER_H_

#include <sys/types.h>

#include <functional>
#include <string>

namespace powercut::kernel {

// One program with all that it starts.
class CallCatcher {
 public:
  // What is called while the thread that made the call waits.
  struct Listener {
    // For each sync(2), and for each syncfs(2) of the volume. Returns 0 or the
    // errno value that the thread gets; the kernel itself does not sync then.
    std::function<int()> sync;
    // Before a file of the volume is mapped so that stores reach the file. May
    // be empty.
    std::function<void()> map;
  };

  // The volume is the file system that is mounted at `folder`. Calls for other
  // file systems are made as usual.
  // Throws Shortage if there are no descriptors left.
  CallCatcher(std::string folder, Listener listener);
  CallCatcher(const CallCatcher&) = delete;
  CallCatcher& operator=(const CallCatcher&) = delete;
  ~CallCatcher();

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
  const Listener told_;
  // The ends of the child and of the parent of a socket.
  int child_ = -1;
  int parent_ = -1;
  int listener_ = -1;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_CALL_CATCHER_H_
