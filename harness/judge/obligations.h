// Flush obligations: what a trace must hold without any crash. A backend that
// never flushes passes every prefix, since a prefix has everything; here it is
// caught.

#ifndef POWERCUT_HARNESS_JUDGE_OBLIGATIONS_H_
#define POWERCUT_HARNESS_JUDGE_OBLIGATIONS_H_

#include <cstdint>
#include <vector>

#include "harness/judge/finding.h"
#include "harness/record/recorded_run.h"
#include "harness/space/crash_space.h"

namespace powercut {

struct UnmetObligation {
  Violation violation;  // kind `unflushed`
  // Just after the op returned.
  EventNumber point = 0;
  uint32_t marks = 0;
};

// An op that newly promised something for power loss must have left a persist
// event to the media; and, where a sync covers the whole disk
// (`sync_covers_disk`), all that was written before the op began must be at the
// media when it returned. In order of op.
// Source: research/semantics.md section 2.8, T-OBLIG.
std::vector<UnmetObligation> FindUnmetObligations(const RecordedRun& run,
                                                  const CrashSpace& space);

// The same as findings, one for each cause in order of the first op, with their
// count and the ids of all their states.
std::vector<Finding> FindingsOfObligations(const RecordedRun& run,
                                           const CrashSpace& space);

}  // namespace powercut

#endif  // POWERCUT_HARNESS_JUDGE_OBLIGATIONS_H_
