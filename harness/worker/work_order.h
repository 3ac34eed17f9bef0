// WorkOrder: what the parent of the workers tells the process that forks them,
// as bytes.

#ifndef POWERCUT_HARNESS_WORKER_WORK_ORDER_H_
#define POWERCUT_HARNESS_WORKER_WORK_ORDER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
void WorkOrderBytes(uint32_t worker, std::span<const Hash128> learned,
                    const Batch& batch, const BatchPart& part,
                    std::string& out);

// Requires: the bytes are those of a work order.
WorkOrder WorkOrderOfBytes(std::string_view bytes);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORK_ORDER_H_
