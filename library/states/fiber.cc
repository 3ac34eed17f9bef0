// Switches stacks with makecontext() and swapcontext(). The stack is mapped and
// not reserved, so that it takes what is used of it, with a page below it that
// may not be touched. Sanitizers follow the switches by the calls that they
// offer for it.

#include "library/states/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "harness/base/check.h"
#include "harness/base/shortage.h"

#if defined(__SANITIZE_ADDRESS__)
#define POWERCUT_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POWERCUT_FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define POWERCUT_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define POWERCUT_FIBER_TSAN 1
#endif
#endif
#ifdef POWERCUT_FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef POWERCUT_FIBER_TSAN
#include <sanitizer/tsan_interface.h>
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
#endif

namespace powercut {
namespace {

// Explorations need some tens of kilobytes; sanitizers need a multiple of that.
constexpr size_t kStackBytes = size_t{8} << 20;

}  // namespace

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)), checked_in_(getpid()) {
  void* const mapped =
      mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapped == MAP_FAILED) throw Shortage("there is no memory for a stack");
  stack_ = static_cast<std::byte*>(mapped);
  mprotect(stack_, static_cast<size_t>(sysconf(_SC_PAGESIZE)), PROT_NONE);
  getcontext(&inside_);
  inside_.uc_stack.ss_sp = stack_;
  inside_.uc_stack.ss_size = kStackBytes;
  inside_.uc_link = nullptr;
  // makecontext() passes ints only, so that a pointer goes in two halves.
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::Start), 2,
              static_cast<unsigned>(self), static_cast<unsigned>(self >> 32));
#ifdef POWERCUT_FIBER_TSAN
  thread_inside_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#ifdef POWERCUT_FIBER_TSAN
  __tsan_destroy_fiber(thread_inside_);
#endif
  munmap(stack_, kStackBytes);
}

void Fiber::Start(unsigned low, unsigned high) {
  reinterpret_cast<Fiber*>(uintptr_t{high} << 32 | low)->Run();
}

void Fiber::Run() {
#ifdef POWERCUT_FIBER_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &outside_stack_, &outside_bytes_);
#endif
  body_();
  done_ = true;
  // The stack is never come back to, so that its fake frames can go.
#ifdef POWERCUT_FIBER_ASAN
  __sanitizer_start_switch_fiber(nullptr, outside_stack_, outside_bytes_);
#endif
#ifdef POWERCUT_FIBER_TSAN
  __tsan_switch_to_fiber(thread_outside_, 0);
#endif
  setcontext(&outside_);
}

void Fiber::Resume() {
  POWERCUT_CHECK(!done_);
#ifdef POWERCUT_FIBER_TSAN
  thread_outside_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(thread_inside_, 0);
#endif
#ifdef POWERCUT_FIBER_ASAN
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, stack_, kStackBytes);
#endif
  swapcontext(&outside_, &inside_);
#ifdef POWERCUT_FIBER_ASAN
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
#ifdef POWERCUT_FIBER_TSAN
  // ThreadSanitizer checks nothing in a forked copy of a process with threads,
  // for which it takes fibers, too. But it stops on the stack that forked
  // alone, and would then see accesses on this one without what orders them.
  if (checked_in_ != getpid()) {
    checked_in_ = getpid();
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
#endif
}

void Fiber::Yield() {
#ifdef POWERCUT_FIBER_TSAN
  __tsan_switch_to_fiber(thread_outside_, 0);
#endif
#ifdef POWERCUT_FIBER_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, outside_stack_, outside_bytes_);
#endif
  swapcontext(&inside_, &outside_);
#ifdef POWERCUT_FIBER_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, &outside_stack_,
                                  &outside_bytes_);
#endif
}

}  // namespace powercut
