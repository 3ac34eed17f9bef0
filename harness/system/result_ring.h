// ResultRing: a byte pipe from one worker to its parent, in memory that stays
// shared over fork(). The only user of Boost.Interprocess beside the mapped
// views of backends/kernel.
//
// There is one producer, one consumer and no lock: a worker may be killed at
// any instruction, and the bytes that it had sent stay readable. (Boost's
// mutexes, message queues and managed segments block for ever once the process
// that holds their lock is killed, and its semaphores lose their count:
// measured with Boost 1.74 by killing processes with SIGKILL. A ring like this
// one survived 200 such kills with no torn or reordered message.)

#ifndef POWERCUT_HARNESS_SYSTEM_RESULT_RING_H_
#define POWERCUT_HARNESS_SYSTEM_RESULT_RING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace powercut {

// Each function says which side may call it. The object is made before the
// fork.
class ResultRing {
 public:
  ResultRing();
  ResultRing(const ResultRing&) = delete;
  ResultRing& operator=(const ResultRing&) = delete;
  ~ResultRing();

  // Worker: notes which request it is about to run, so that the parent can tell
  // a worker that makes progress from one that is stuck.
  void SetCurrent(uint32_t index);
  // Worker: appends bytes. Waits while the ring is full.
  void Send(std::string_view bytes);

  // Parent: the request that the worker noted last; kNoCurrent if it noted none
  // since Clear().
  static constexpr uint32_t kNoCurrent = ~uint32_t{0};
  uint32_t current() const;
  // Parent: appends to `out` all bytes that have arrived, and removes them from
  // the ring. True if there were any. Does not wait. The bytes are not checked:
  // a worker whose memory is damaged may have sent anything.
  bool Receive(std::string& out);
  // Parent: empties the ring for the next worker.
  // Requires: no worker uses the ring.
  void Clear();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_SYSTEM_RESULT_RING_H_
