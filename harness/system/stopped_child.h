// ContinueIfStopped(): for a process that waits for its child.

#ifndef POWERCUT_HARNESS_SYSTEM_STOPPED_CHILD_H_
#define POWERCUT_HARNESS_SYSTEM_STOPPED_CHILD_H_

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>

namespace powercut {

// Lets a child go on that somebody stopped (SIGSTOP): whoever waits for the
// child would wait for ever, and a bound on its time would blame the storage.
// Returns whether the child was stopped. Does not wait, and does not reap a
// child that has ended.
inline bool ContinueIfStopped(pid_t child) {
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WNOHANG) != 0 ||
      info.si_pid != child) {
    return false;
  }
  kill(child, SIGCONT);
  return true;
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_STOPPED_CHILD_H_
