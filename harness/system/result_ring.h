// ResultRing: a byte pipe from one worker to its parent, in shared memory that
// fork() keeps shared. The only place beside the mapped views of
// backends/kernel that knows Boost.Interprocess.
//
// One producer, one consumer, no locks: a worker may be killed at any
// instruction, and whatever it had published stays readable. (Boost's mutexes,
// semaphores, message queues and managed segments deadlock when their holder is
// killed: measured, research/feasibility.md section 10.)

#ifndef POWERCUT_HARNESS_SYSTEM_RESULT_RING_H_
#define POWERCUT_HARNESS_SYSTEM_RESULT_RING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace powercut {

class ResultRing {
 public:
  ResultRing();
  ResultRing(const ResultRing&) = delete;
  ResultRing& operator=(const ResultRing&) = delete;
  ~ResultRing();

  // Worker: notes which request it is about to run.
  void SetCurrent(uint32_t index);
  // Worker: appends bytes; waits while the ring is full.
  void Send(std::string_view bytes);

  // Parent: the request that the worker noted last; kNoCurrent if none.
  static constexpr uint32_t kNoCurrent = ~uint32_t{0};
  uint32_t current() const;
  // Parent: moves what has arrived to the end of `out`; true if there was
  // anything.
  bool Receive(std::string& out);
  // Parent: forgets everything, for the next worker.
  // Requires: no worker uses the ring.
  void Clear();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_RESULT_RING_H_
