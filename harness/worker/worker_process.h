// RunInWorker is what a worker does, seen from inside the worker's process.

#ifndef POWERCUT_HARNESS_WORKER_WORKER_PROCESS_H_
#define POWERCUT_HARNESS_WORKER_WORKER_PROCESS_H_

#include <functional>

#include "harness/disk/content_hash.h"
#include "harness/recover/recovery_runner.h"
#include "harness/system/result_ring.h"
#include "harness/worker/batch_filter.h"
#include "harness/worker/messages.h"

namespace powercut {

// Whether this process is a worker: it bounds its memory and its time itself.
bool IsWorker();

// Bounds the memory and the processor time of this process as the runner's
// options say, runs the states of the order, sends a message for each through
// `ring`, and exits with status 0. `known` says whether the parent has the
// bytes of the outcome with that hash. If storage code throws, the process
// aborts. If a helper process that a recovery needed has ended, this process
// ends in the same way. States that the order lets be skipped are skipped as
// `filter` says, which may be `nullptr` if there are none.
[[noreturn]] void RunInWorker(RecoveryRunner& runner, const WorkOrder& order,
                              const std::function<bool(const Hash128&)>& known,
                              BatchFilter* filter, ResultRing& ring) noexcept;

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_WORKER_PROCESS_H_
