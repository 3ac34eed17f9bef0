// The exit status of a worker whose user code left the place from which it
// could run further states.

#ifndef POWERCUT_HARNESS_WORKER_LEFT_STATUS_H_
#define POWERCUT_HARNESS_WORKER_LEFT_STATUS_H_

namespace powercut {

// A worker may run code of the user's that returns, or throws, out of the loop
// in which it gets its states (library/states/state_loop.h). The state that it
// left in has its result by then; the worker ends with this status before its
// next run. That is no death: another worker goes on with the states after it.
// A worker that ends so before its first result has died of this status.
inline constexpr int kLeftStatus = 113;

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_LEFT_STATUS_H_
