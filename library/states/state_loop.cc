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

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <utility>

#include "harness/base/check.h"
#include "harness/worker/left_status.h"
#include "library/states/loop_runner.h"

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
  // state after it ends at once: the exploration is told that it is
  // interrupted. In a worker, Look() ends the process.
  while (!fiber_->done()) fiber_->Resume();
}

std::string StateLoop::Look(CrashedVolume& volume) {
  if (stopping_) {
    // The worker cannot run the user's loop again, since it was left. The
    // results before this one were sent.
    if (in_worker()) _exit(kLeftStatus);
    return {};
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
  state_.reset();
  return result;
}

// A cause is one line of words; CommandEnd::detail is one line, too, unless
// texts are asked for. The harness tells causes apart by their words without
// numbers, and by the exit status. A number that ends a cause, such as the line
// of an assertion, goes into the status, so that it counts.
std::string StateLoop::ResultOf(const CrashedState& state) const {
  if (state.violations().empty()) {
    if (tell_ != kDump) return {};
    return state.dump() ? fmt::format("{:016x}{:016x}", state.dump()->high,
                                      state.dump()->low)
                        : "no dump";
  }
  std::string cause = state.violations().front().cause;
  for (char& c : cause) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  const size_t digits = cause.find_last_not_of("0123456789") + 1;
  const std::string_view number = std::string_view(cause).substr(digits);
  std::string result =
      fmt::format("exit status {}: {}",
                  number.empty() ? std::string_view("1") : number, cause);
  if (tell_ != kText) return result;
  for (const SaidViolation& violation : state.violations()) {
    result += fmt::format("\n{}\x1f{}\x1f{}\x1e", violation.file,
                          violation.line, violation.text);
  }
  return result;
}

}  // namespace powercut
