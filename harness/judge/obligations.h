// Flush obligations: the flushes that a trace must hold (docs/crash_model.md
// 9). They are checked on the trace itself. A backend that never flushes passes
// every prefix, since a prefix has everything; here the defect is caught.

#ifndef POWERCUT_HARNESS_JUDGE_OBLIGATIONS_H_
#define POWERCUT_HARNESS_JUDGE_OBLIGATIONS_H_

#include <cstdint>
#include <vector>

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/space/crash_space.h"

namespace powercut {

struct UnmetObligation {
  // The violation, of kind `unflushed`.
  Violation violation;
  // The moment just after the op returned: after `point` disk events and
  // `marks` marks.
  EventNumber point = 0;
  uint32_t marks = 0;
};

// The ops that newly promised something for power loss without the flush that
// this takes, in the order in which they returned. An obligation is asked only
// if a write from before the op began could still be lost when the op returned.
// The op must then have left a persist event to the media; where a sync covers
// the whole disk (BackendTraits::sync_covers_disk), it is unmet in any case. No
// obligation is asked of an op during which a fault `lie` fell, and none at all
// where a check judges.
// Requires: `space` is the crash space of the run's trace.
// Source: docs/semantics.md 2.8, T-OBLIG.
std::vector<UnmetObligation> FindUnmetObligations(const RecordedRun& run,
                                                  const CrashSpace& space);

// The unmet obligations as findings, one for each cause, in the order of the
// first op. Each has its count and the ids of all its states.
std::vector<Finding> FindingsOfObligations(const RecordedRun& run,
                                           const CrashSpace& space);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_OBLIGATIONS_H_
