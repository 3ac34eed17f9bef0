// BatchFilter: what lets a worker leave out states of its batch that a run of
// the same batch decides already.

#ifndef POWERCUT_HARNESS_WORKER_BATCH_FILTER_H_
#define POWERCUT_HARNESS_WORKER_BATCH_FILTER_H_

#include "harness/recover/run_reads.h"
#include "harness/space/crash_state.h"

namespace powercut {

// Used in the process that runs the batch, from its first state to its last
// one. What a filter answers follows from these states alone, so that the runs
// of a batch do not depend on the number of workers. Not thread-safe.
class BatchFilter {
 public:
  BatchFilter() = default;
  BatchFilter(const BatchFilter&) = delete;
  BatchFilter& operator=(const BatchFilter&) = delete;
  virtual ~BatchFilter() = default;

  // A batch begins: forgets the runs of the batch before.
  virtual void Begin() = 0;
  // Whether a run of this batch decides the state, so that it need not run.
  virtual bool Decides(const CrashState& state) = 0;
  // Tells of a run of this batch that came to its end, and of what it read.
  virtual void Add(const CrashState& state, const RunReads& reads) = 0;
};

}  // namespace powercut

#endif  // POWERCUT_HARNESS_WORKER_BATCH_FILTER_H_
