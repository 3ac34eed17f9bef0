// Fiber: a function that runs on a stack of its own and can hand control back
// in the middle. An exploration calls for the recovery of each state, while the
// user's loop asks for the next state: with a fiber both are plain loops.

#ifndef POWERCUT_LIBRARY_STATES_FIBER_H_
#define POWERCUT_LIBRARY_STATES_FIBER_H_

#include <sys/types.h>
#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace powercut {

// Not thread-safe: a fiber stays on the thread that made it. A process that is
// forked inside the fiber, or outside of it, has a copy of both sides and may
// go on with either.
class Fiber {
 public:
  // `body` runs at the first Resume(). It must not throw, and it must have
  // returned before this object is destroyed.
  explicit Fiber(std::function<void()> body);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;
  ~Fiber();

  // Runs the body until it calls Yield() or returns.
  // Requires: called from outside; !done().
  void Resume();
  // Returns from the Resume() that runs the body. The next Resume() goes on
  // behind this call.
  // Requires: called from the body.
  void Yield();
  // Whether the body has returned.
  bool done() const { return done_; }

 private:
  static void Start(unsigned low, unsigned high);
  void Run();

  std::function<void()> body_;
  std::byte* stack_ = nullptr;
  ucontext_t outside_{};
  ucontext_t inside_{};
  bool done_ = false;
  // The process in which ThreadSanitizer checks the stack outside.
  [[maybe_unused]] pid_t checked_in_ = 0;
  // Sanitizers must be told of each switch of stacks, each in its own way.
  [[maybe_unused]] void* fake_stack_ = nullptr;
  [[maybe_unused]] const void* outside_stack_ = nullptr;
  [[maybe_unused]] size_t outside_bytes_ = 0;
  [[maybe_unused]] void* thread_outside_ = nullptr;
  [[maybe_unused]] void* thread_inside_ = nullptr;
};

}  // namespace powercut

#endif  // POWERCUT_LIBRARY_STATES_FIBER_H_
