// What crosses between the parent of the workers, the process that forks them,
// and the workers: work orders go down, messages about runs come up.

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
  uint32_t worker = 0;
  // Outcomes that the parent has learned since the order before.
  std::vector<Hash128> learned;
  // It runs one state alone, be it twice.
  bool alone = false;
  // What the worker runs, in order.
  Batch states;
};

// Replaces what is in `out`, whose memory is used again.
void EncodeWorkOrder(uint32_t worker, std::span<const Hash128> learned,
                     const Batch& batch, const BatchPart& part,
                     std::string& out);

// Requires: the bytes are those of a work order.
WorkOrder DecodeWorkOrder(std::string_view bytes);

// One message: this; the outcome's bytes, unless the parent has them already;
// then what the run read and wrote, if anyone asked.
struct WorkerMessageHeader {
  // In place of an index: a block that the run under way has read.
  static constexpr uint32_t kReadOfRun = ~uint32_t{0};

  uint32_t index;  // which run of the part
  uint32_t outcome_size;
  uint32_t access_size;
  Hash128 outcome_hash;
  Hash128 access_hash;

  uint64_t size() const { return uint64_t{outcome_size} + access_size; }
};

inline Hash128 HashOfMessage(std::string_view bytes) {
  return HashBytes(AsBytes(bytes), 0);
}

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_MESSAGES_H_
