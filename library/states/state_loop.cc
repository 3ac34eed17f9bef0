// The two sides of the loop. Next() ends the state that the user's code had and
// resumes the fiber; Look() is called on the fiber for each recovery, makes the
// state and yields.
//
// Example, with one worker. The user calls Next(), which starts the fiber: the
// exploration forks a worker for a batch of states. In the worker, the fiber
// comes to the first recovery, Look() yields, and Next() returns a state: the
// worker runs the user's loop from here on, for every state of its batch, and
// exits inside Next() when the batch is over. In the process that called first,
// Next() returns once, with `nullptr`, when the whole exploration is over.

#include "library/states/state_loop.h"

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <utility>

#include "harness/base/check.h"
#include "harness/worker/left_status.h"
#include "library/states/loop_runner.h"
#include "library/states/said_result.h"

namespace powercut {

StateLoop::StateLoop(Calls calls, LoopOptions options)
    : calls_(std::move(calls)),
      timeline_(calls_),
      options_(std::move(options)),
      pid_(getpid()) {}

StateLoop::~StateLoop() { Stop(); }

bool StateLoop::in_worker() const { return getpid() != pid_; }

CrashedState* StateLoop::Next() {
  if (fiber_ == nullptr) {
    if (stopping_) return nullptr;
    // Workers would print again what waits in the buffers of this process.
    std::fflush(nullptr);
    fiber_ = std::make_unique<Fiber>([this] {
      try {
        LoopRunner(*this).Run();
      } catch (const std::exception& thrown) {
        report_.verdict = LoopVerdict::kError;
        report_.why = thrown.what();
      }
    });
  }
  if (fiber_->done()) return nullptr;
  fiber_->Resume();
  return fiber_->done() ? nullptr : state_.get();
}

void StateLoop::Stop() {
  if (fiber_ == nullptr || fiber_->done()) {
    stopping_ = true;
    return;
  }
  stopping_ = true;
  // The state that the user's code leaves counts with what was said of it. Each
  // state after it ends at once, and does not count: the exploration is told
  // that it is interrupted. In a worker, Look() ends the process.
  while (!fiber_->done()) fiber_->Resume();
}

std::string StateLoop::Look(CrashedVolume& volume) {
  if (stopping_) {
    // The worker cannot run the user's loop again, since it was left. The
    // results before this one were sent.
    if (in_worker()) _exit(kLeftStatus);
    ++runs_after_stop_;
    return std::string(kLoopWasLeft);
  }
  const bool writes = options_.nested > 0;
  state_ = std::make_unique<CrashedState>(volume, timeline_, dumps_, writes);
  if (writes) state_->set_damage(options_.damage);
  fiber_->Yield();
  if (writes) {
    if (const Status written = state_->WriteBack(); !written) {
      state_->Say({"recovery-not-recorded", written.error().message, "", 0});
    }
  }
  std::string result = ResultOf(*state_);
  if (options_.jobs == 0 && !state_->violations().empty()) {
    said_.try_emplace(result, state_->violations());
  }
  state_.reset();
  return result;
}

std::string StateLoop::ResultOf(const CrashedState& state) const {
  if (!state.violations().empty()) {
    return ViolationResult(state.violations(), tell_ != kCause);
  }
  return tell_ == kDump ? DumpResult(state.dump()) : "";
}

}  // namespace powercut
