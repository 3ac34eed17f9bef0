// WorkerProcess: what a worker does, from within.

#ifndef POWERCUT_HARNESS_WORKER_WORKER_PROCESS_H_
#define POWERCUT_HARNESS_WORKER_WORKER_PROCESS_H_

#include <functional>

#include "harness/disk/content_hash.h"
#include "harness/recover/recovery_runner.h"
#include "harness/system/result_ring.h"
#include "harness/worker/messages.h"

namespace powercut {

// Bounds this process as the runner's options say, runs the order's states,
// sends through the ring what came of them, and ends. `known` tells whose bytes
// the parent has. What storage code throws ends the process.
[[noreturn]] void RunInWorker(RecoveryRunner& runner, const WorkOrder& order,
                              const std::function<bool(const Hash128&)>& known,
                              ResultRing& ring) noexcept;

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORKER_PROCESS_H_
