// CallTracer: stops a program after each of its system calls that may have
// changed a file.

#ifndef POWERCUT_BACKENDS_KERNEL_CALL_TRACER_H_
#define POWERCUT_BACKENDS_KERNEL_CALL_TRACER_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace powercut::kernel {

// A call that succeeded and may have changed a file.
struct ChangingCall {
  // The file whose content changed: by its descriptor, or the new name of a
  // file that was renamed or linked. Empty if only names or attributes changed.
  std::string path;
  // The call made a shared mapping that can be written, through which the file
  // may change at any time from now on.
  bool maps = false;
};

// Traces one program with all that it starts, by ptrace(2). Writes by io_uring
// are not seen.
class CallTracer {
 public:
  // `changed` is called after each ChangingCall, while the thread that made it
  // stands still. The file system proc is mounted below kPlaceFolder.
  // Requires: this process is in the mount namespace that has kPlaceFolder.
  explicit CallTracer(std::function<void(const ChangingCall&)> changed);
  CallTracer(const CallTracer&) = delete;
  CallTracer& operator=(const CallTracer&) = delete;
  ~CallTracer();

  // Begins to trace a child that does not run its program yet. Returns 0 or an
  // errno value.
  int Attach(pid_t process);
  // Lets the program run to its end, for at most `timeout_ms` of the wall clock
  // (0 means no limit). Returns its status (from waitpid); `std::nullopt` if
  // the time was over first. All other children are reaped meanwhile.
  // Requires: Attach(process) returned 0.
  std::optional<int> WaitFor(pid_t process, uint32_t timeout_ms);

 private:
  // A call that a thread is in.
  struct Call {
    uint64_t number = 0;
    uint64_t arguments[6] = {};
  };

  // Handles the stop of a thread, and lets it go on.
  void HandleStop(pid_t thread, int status);
  // Notes a call at its beginning, and reports it at its end.
  void HandleCall(pid_t thread);

  std::function<void(const ChangingCall&)> changed_;
  bool mounted_ = false;
  // By thread.
  std::map<pid_t, Call> calls_;
};

}  // namespace powercut::kernel

#endif  // POWERCUT_BACKENDS_KERNEL_CALL_TRACER_H_
