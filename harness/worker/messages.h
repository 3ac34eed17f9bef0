// The messages between the parent of the workers, the process that forks the
// workers (harness/system/fork_server.h), and the workers. Work orders go from
// the parent to the forking process. Messages about runs go from a worker to
// the parent, through the worker's ring.

#ifndef POWERCUT_HARNESS_WORKER_MESSAGES_H_
#define POWERCUT_HARNESS_WORKER_MESSAGES_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/bytes.h"
#include "harness/disk/content_hash.h"
#include "harness/worker/run_result.h"

namespace powercut {

struct WorkOrder {
  // The number of the worker, which says whose ring to use.
  uint32_t worker = 0;
  // The hashes of outcomes that the parent has learned since the previous
  // order.
  std::vector<Hash128> learned;
  // The part of the batch holds a single state. The worker then tells each
  // block that a run reads as it happens.
  bool alone = false;
  // How many of the first states are skipped if an earlier one decides them.
  size_t filtered = 0;
  // What the worker runs, in order.
  Batch states;
};

// Writes the order to run `part` of `batch` into `out`, in place of what is
// there; the memory of `out` is used again.
void EncodeWorkOrder(uint32_t worker, std::span<const Hash128> learned,
                     const Batch& batch, const BatchPart& part,
                     std::string& out);

// Returns the order that EncodeWorkOrder() wrote.
// Requires: `bytes` are those of a work order.
WorkOrder DecodeWorkOrder(std::string_view bytes);

// The header of a message from a worker. The bytes of the outcome follow,
// unless the parent has them already, then what the run read and wrote, if the
// options ask for that.
struct WorkerMessageHeader {
  // The value of `index` in a message that only tells a block which the run
  // under way has read.
  static constexpr uint32_t kReadOfRun = ~uint32_t{0};

  // Which run of the part the message is about, counted from 0.
  uint32_t index;
  // 1 if the state was skipped; nothing follows then. Otherwise 0.
  uint32_t skipped;
  // How many bytes of the outcome, and then of the reads and writes, follow.
  uint32_t outcome_size;
  uint32_t access_size;
  // The hash of the outcome's bytes, whether they follow or not.
  Hash128 outcome_hash;
  // The hash of the bytes about reads and writes.
  Hash128 access_hash;

  // How many bytes follow the header.
  uint64_t size() const { return uint64_t{outcome_size} + access_size; }
};

// The hash by which outcomes are known and messages are checked.
inline Hash128 HashOfMessage(std::string_view bytes) {
  return HashBytes(AsBytes(bytes), 0);
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_MESSAGES_H_
